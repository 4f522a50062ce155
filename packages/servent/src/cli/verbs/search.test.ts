import { afterEach, beforeEach, expect, test } from "vitest";
import { sampleGroup, sampleSearch } from "../testing/samples.ts";
import { ScriptedDaemon, page, problem } from "../testing/scripted-daemon.ts";
import { run } from "../testing/test-shell.ts";

let daemon: ScriptedDaemon;
const groups = [sampleGroup(), sampleGroup({ number: 2, name: "tidepool.ogg", size: 3_100_000, health: "busy" })];

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
  daemon
    .on("POST /searches", { status: 201, body: sampleSearch({ files: 0 }) })
    .on("GET /searches/s_4k2", (_, times) => ({ body: sampleSearch({ files: Math.min(2, times) }) }))
    .on("GET /searches/s_4k2/results", page("results", groups));
});
afterEach(() => daemon.stop());

test("a search waits until no new file has come for a while and prints a numbered table", async () => {
  const { code, out, err, shell } = await run(daemon, ["search", "blue", "tide"]);
  expect(daemon.changes[0]?.body).toEqual({ words: "blue tide" });
  expect({ code, out, err }).toEqual({
    code: 0,
    out:
      "#  NAME               SIZE  NETWORKS                SOURCES  STATE\n" +
      "1  tide-tables.txt  812 kB  gnutella bittorrent +1        3  ready\n" +
      "2  tidepool.ogg     3.1 MB  gnutella bittorrent +1        3  busy\n",
    err: "5 networks · 2 files · 1.8 s · 214 messages · 31 kB\n",
  });
  const settledFor = shell.clock - Date.parse("2026-01-01T12:00:00Z");
  expect(settledFor).toBeGreaterThanOrEqual(1500);
  expect(settledFor).toBeLessThan(3000);
});

test("every filter reaches the daemon in its own unit", async () => {
  const words = "search tide --network chord,kelips --type audio --min 1MB --max 2GiB --ext .OGG --timeout 15s";
  await run(daemon, words.split(" "));
  expect(daemon.changes[0]?.body).toEqual({
    words: "tide",
    networks: ["chord", "kelips"],
    type: "audio",
    minBytes: 1_000_000,
    maxBytes: 2_147_483_648,
    extension: "ogg",
    timeoutMs: 15_000,
  });
});

test("a URN is searched for as a URN", async () => {
  await run(daemon, ["search", "urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"]);
  expect(daemon.changes[0]?.body).toEqual({ urn: "urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ" });
});

test("with --json there is exactly one document, with the files and the search", async () => {
  const { out } = await run(daemon, ["search", "tide", "--json"]);
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({ schema: "servent.results/1", items: groups, search: { id: "s_4k2" } });
});

test("a search without any hit waits to its end, says whom it asked, and exits with 3", async () => {
  daemon
    .on("GET /searches/s_4k2", (_, times) => ({
      body: sampleSearch({ files: 0, state: times < 5 ? "running" : "done" }),
    }))
    .on("GET /searches/s_4k2/results", page("results", []));
  const { code, out, err } = await run(daemon, ["search", "tide"]);
  expect({ code, out }).toEqual({ code: 3, out: "" });
  expect(err).toBe(
    "Nothing found: asked gnutella, bittorrent, chord, kelips, pastry for 1.8 s. " +
      "Try fewer words, a longer --timeout, or `servent why s_4k2`.\n",
  );
  const json = await run(daemon, ["search", "tide", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({ items: [] });

  daemon.on("GET /searches/s_4k2", () => ({
    body: sampleSearch({ files: 0, state: "done", ending: "answered", networks: ["napster"] }),
  }));
  const { err: answered } = await run(daemon, ["search", "tide"]);
  expect(answered).toBe(
    "Nothing found: everybody who was asked has answered, on napster. Try fewer words, or `servent why s_4k2`.\n",
  );
});

test("with no network on, nobody was asked and the hint says what to do", async () => {
  daemon.on("POST /searches", { status: 201, body: sampleSearch({ networks: [], files: 0 }) });
  const { code, err } = await run(daemon, ["search", "tide"]);
  expect(code).toBe(6);
  expect(err).toContain("servent networks enable gnutella");
});

test("--first ends with so many files, and exits with 9 where there were fewer", async () => {
  const enough = await run(daemon, ["search", "tide", "--first", "1"]);
  expect(enough.code).toBe(0);
  expect(daemon.asked.at(-1)?.path).toBe("/searches/s_4k2/results?limit=1");
  daemon.on("GET /searches/s_4k2", { body: sampleSearch({ state: "done" }) });
  expect((await run(daemon, ["search", "tide", "--first", "5"])).code).toBe(9);
});

test("--follow shows each file once, as it comes, until the search ends", async () => {
  daemon
    .on("GET /searches/s_4k2", (_, times) => ({
      body: sampleSearch({ files: Math.min(2, times), state: times < 4 ? "running" : "done" }),
    }))
    .on("GET /searches/s_4k2/results", (_, times) => page("results", groups.slice(0, times + 1)));
  const json = await run(daemon, ["search", "tide", "--follow", "--json"]);
  expect(
    json.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).number),
  ).toEqual([1, 2]);
});

test("followed rows stand below each other", async () => {
  daemon.on("GET /searches/s_4k2", { body: sampleSearch({ state: "done" }) });
  const { out } = await run(daemon, ["search", "tide", "--follow"]);
  expect(out).toBe(
    "   1   812 kB  ready         tide-tables.txt  gnutella bittorrent +1\n" +
      "   2   3.1 MB  busy          tidepool.ogg     gnutella bittorrent +1\n",
  );
});

test("Ctrl-C ends the search, shows what there is, and exits with 130", async () => {
  daemon.on("POST /searches/s_4k2/stop", { body: sampleSearch({ state: "stopped" }) });
  let waits = 0;
  const { code, out } = await run(daemon, ["search", "tide"], {
    onSleep: (shell) => {
      if (++waits === 3) shell.interrupt();
    },
  });
  expect(code).toBe(130);
  expect(out).toContain("tide-tables.txt");
  expect(daemon.changes.map(({ path }) => path)).toEqual(["/searches", "/searches/s_4k2/stop"]);
});

test("results refer to the last search unless one is named, and take filter and order", async () => {
  daemon.on("GET /searches/latest", { body: sampleSearch() });
  const { code, out } = await run(daemon, ["results", "--filter", "size>1MB", "--sort", "-size"]);
  expect(code).toBe(0);
  expect(out).toContain("tidepool.ogg");
  expect(daemon.asked.at(-1)?.path).toBe("/searches/s_4k2/results?sort=-size&filter=size%3E1MB&limit=1000");
  daemon.on("GET /searches/s_9", problem(404, "not_found", "There is no search s_9."));
  expect((await run(daemon, ["results", "s_9"])).code).toBe(3);
});

test("state says what we have and what is on its way before how healthy it is", async () => {
  daemon
    .on("GET /searches/latest", { body: sampleSearch() })
    .on(
      "GET /searches/s_4k2/results",
      page("results", [sampleGroup({ have: true }), sampleGroup({ number: 2, transfer: "t_1" })]),
    );
  const { out } = await run(daemon, ["results"]);
  expect(out).toMatch(/have\n.*in transfers\n$/);
});

test("what networks say of their answers is told, and nothing is said twice", async () => {
  const note = (code: "not_asked" | "partial" | "no_user", text: string) => ({
    network: "napster" as const,
    code,
    text,
  });
  const ended = (fields: Partial<ReturnType<typeof sampleSearch>>) =>
    daemon
      .on("GET /searches/s_4k2", { body: sampleSearch({ state: "done", networks: ["napster"], ...fields }) })
      .on("GET /searches/s_4k2/results", page("results", fields.files === 0 ? [] : groups));

  ended({ files: 0, messages: 0, notes: [note("not_asked", "Nobody was asked: no server.")] });
  expect((await run(daemon, ["search", "tide"])).err).toBe(
    "napster: Nobody was asked: no server.\nSee `servent why napster`.\n",
  );
  const json = await run(daemon, ["search", "tide", "--json"]);
  expect(JSON.parse(json.out).search.notes).toEqual([note("not_asked", "Nobody was asked: no server.")]);
  expect(json.err).toBe("");

  ended({ files: 0, notes: [note("no_user", "No user bob is logged in there.")] });
  expect((await run(daemon, ["search", "@bob"])).err).toBe("napster: No user bob is logged in there.\n");

  ended({ files: 2, notes: [note("partial", "There may be more.")] });
  expect((await run(daemon, ["search", "tide"])).err).toMatch(/napster: There may be more\.\n$/);

  ended({ files: 0, networks: ["gnutella", "napster"], notes: [note("not_asked", "No server.")] });
  expect((await run(daemon, ["search", "tide"])).err).toMatch(
    /^napster: No server\.\nNothing found: asked gnutella for /,
  );
});
