import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SideWrites } from "../base/side-writes.ts";
import type { Hit, Network } from "../networks/network.ts";
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

function service(keepMs = 3_600_000): SearchService {
  const search: Network["search"] = (_query, listener) => {
    onHit = listener;
    return { cost: () => ({ messages: 2, bytes: 100 }), stop: () => undefined };
  };
  return new SearchService({
    db,
    writes: new SideWrites((error) => problems.push(error)),
    networks: () => [{ id: "gnutella", search } as Partial<Network> as Network],
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
