import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SideWrites } from "../base/side-writes.ts";
import type { Hit, Network, SearchNote } from "../networks/network.ts";
import { SearchService } from "./search-service.ts";

const TIMEOUT_MS = 30_000;
const HIT: Hit = {
  source: {
    network: "gnutella",
    key: "gnutella 127.0.0.5:6346 7",
    peer: "127.0.0.5:6346",
    name: "tide-tables.txt",
    size: 812_000,
    urns: [],
    firewalled: false,
    locator: {},
  },
  speedKbps: 0,
  busy: false,
  vendor: "",
};

let db: DatabaseSync;
let problems: unknown[];
let onHit: ((hit: Hit) => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  db = new DatabaseSync(":memory:");
  problems = [];
});
afterEach(() => {
  vi.useRealTimers();
  db.close();
});

function service(keepMs = 3_600_000, networks?: readonly Network[]): SearchService {
  const search: Network["search"] = (_query, listener) => {
    onHit = listener;
    return { cost: () => ({ messages: 2, bytes: 100 }), stop: () => undefined };
  };
  return new SearchService({
    db,
    writes: new SideWrites((error) => problems.push(error)),
    networks: () => networks ?? [{ id: "gnutella", search } as Partial<Network> as Network],
    emit: () => undefined,
    whereabouts: () => ({ have: false, transfer: null }),
    timeoutMs: () => TIMEOUT_MS,
    hitsMax: () => 100,
    keepMs: () => keepMs,
  });
}

/** From now on every write to the table of searches meets a full disk. */
function fillDisk(): void {
  db.exec("CREATE TABLE ballast (bytes BLOB)");
  for (const change of ["INSERT", "DELETE"]) {
    db.exec(
      `CREATE TRIGGER full_${change} BEFORE ${change} ON searches BEGIN INSERT INTO ballast VALUES (zeroblob(100000)); END`,
    );
  }
  db.exec("PRAGMA max_page_count = 1");
}

test("on a full disk a search starts, finds and ends by its timer, and the problem is told once", () => {
  const searches = service();
  fillDisk();

  const { id } = searches.start({ words: "tide" });
  onHit?.(HIT);
  vi.advanceTimersByTime(TIMEOUT_MS);

  expect(searches.view(id)).toMatchObject({ state: "done", hits: 1, messages: 2 });
  expect(searches.results(id)).toHaveLength(1);
  expect(problems).toEqual([expect.objectContaining({ errcode: 13 })]);
});

test("a search that began on a full disk is remembered when there is room at its end", () => {
  const searches = service();
  fillDisk();
  const { id } = searches.start({ words: "tide" });
  db.exec("PRAGMA max_page_count = 10000");
  vi.advanceTimersByTime(TIMEOUT_MS);

  expect(service().view(id)).toMatchObject({ state: "done", words: "tide" });
});

test("old searches make room for a new one, and stay forgotten at a start, where the disk is full", () => {
  const searches = service(TIMEOUT_MS * 2);
  const old = searches.start({ words: "tide" });
  vi.advanceTimersByTime(TIMEOUT_MS * 3);
  fillDisk();

  const { id } = searches.start({ words: "boat" });

  expect(searches.list().map((view) => view.id)).toEqual([id]);
  expect(service(TIMEOUT_MS * 2).list()).toEqual([]);
  expect(() => searches.view(old.id)).toThrow("There is no search");
});

test("a search that its owner removes stays where the disk does not take the removal", () => {
  const searches = service();
  const { id } = searches.start({ words: "tide" });
  vi.advanceTimersByTime(TIMEOUT_MS);
  fillDisk();

  expect(() => searches.remove(id)).toThrow("full");

  expect(searches.view(id).id).toBe(id);
});

test("files without a hash are one by name and size, unless their network says that they differ", () => {
  const searches = service();
  const { id } = searches.start({ words: "tide" });
  const hit = (key: string, likeness?: string): Hit => ({
    ...HIT,
    source: { ...HIT.source, key, ...(likeness === undefined ? {} : { likeness }) },
  });

  for (const each of [hit("a"), hit("b"), hit("c", "md5:1"), hit("d", "md5:1"), hit("e", "peer:e")]) onHit?.(each);

  const groups = searches.results(id);
  expect(groups.map(({ sources }) => sources.map(({ key }) => key).join(""))).toEqual(["ab", "cd", "e"]);
  expect(new Set(groups.map(({ match }) => match))).toEqual(new Set(["probable"]));
});

/** Networks that can tell when they are done, and what each of them would say. */
function asking(...ids: readonly ("napster" | "gnutella")[]) {
  const done = new Map<string, () => void>();
  const notes = new Map<string, SearchNote[]>();
  const networks = ids.map((id) => ({
    id,
    ...(id === "napster" ? { knowsUsers: true } : {}),
    search(_query: unknown, listener: (hit: Hit) => void, onDone: () => void) {
      onHit = listener;
      done.set(id, onDone);
      return {
        cost: () => ({ messages: 1, bytes: 10 }),
        notes: () => notes.get(id) ?? [],
        stop: () => done.delete(id),
      };
    },
  })) as Partial<Network>[] as Network[];
  return { searches: service(3_600_000, networks), done, notes };
}

test("a search ends when the last of its networks has said all, not before", () => {
  const { searches, done } = asking("napster", "gnutella");
  const { id } = searches.start({ words: "tide" });
  done.get("napster")?.();
  expect(searches.view(id).state).toBe("running");
  done.get("gnutella")?.();

  expect(searches.view(id).state).toBe("done");
  expect(searches.why(id).facts.at(-1)?.text).toBe("All that were asked have answered.");
  expect(done.size).toBe(0);
});

test("a search that is over by its time or by its hits says so", () => {
  const { searches } = asking("napster");
  const slow = searches.start({ words: "tide" });
  vi.advanceTimersByTime(TIMEOUT_MS);
  expect(searches.why(slow.id).facts.at(-1)?.text).toBe("Its time was over.");

  const full = searches.start({ words: "tide" });
  for (let i = 0; i < 100; i++) onHit?.({ ...HIT, source: { ...HIT.source, key: String(i) } });
  expect(searches.why(full.id).facts.at(-1)?.text).toContain("search.maxHits");
});

test("what a network says of its answers is there at once, after the end, and after a restart", () => {
  const { searches, done, notes } = asking("napster");
  notes.set("napster", [{ code: "not_asked", text: "Nobody was asked: no server." }]);
  const { id } = searches.start({ words: "tide" });
  const told = [{ network: "napster", code: "not_asked", text: "Nobody was asked: no server." }];
  expect(searches.view(id).notes).toEqual(told);
  expect(searches.why(id).facts[0]).toMatchObject({ code: "not_asked", text: "napster: Nobody was asked: no server." });
  expect(searches.why(id).facts.map(({ code }) => code)).not.toContain("network_asked");

  done.get("napster")?.();
  notes.clear();
  expect(searches.view(id).notes).toEqual(told);
  expect(service().view(id).notes).toEqual(told);
});

test("a name of a user is asked only of networks that have users, and must be one", () => {
  const { searches } = asking("gnutella", "napster");
  expect(searches.start({ words: " @anna " }).networks).toEqual(["napster"]);
  expect(searches.start({ words: "@anna", networks: ["napster", "gnutella"] }).networks).toEqual(["napster"]);
  expect(searches.start({ words: "tide @anna" }).networks).toEqual(["gnutella", "napster"]);
  expect(() => searches.start({ words: "@" })).toThrow("After @ comes the name of a user");
  expect(() => searches.start({ words: "@anna", networks: ["gnutella"] })).toThrow("knows users by name");
});

test("one is one hit and one message", () => {
  const { searches } = asking("gnutella");
  const { id } = searches.start({ words: "tide" });
  onHit?.(HIT);
  expect(searches.why(id).facts[0]?.text).toBe("gnutella was asked with 1 message and gave 1 hit.");
});
