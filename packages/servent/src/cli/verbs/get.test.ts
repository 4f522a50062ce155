import { afterEach, beforeEach, expect, test } from "vitest";
import { sampleSearch, sampleSource, sampleTransfer } from "../testing/samples.ts";
import { ScriptedDaemon, problem } from "../testing/scripted-daemon.ts";
import { run } from "../testing/test-shell.ts";

let daemon: ScriptedDaemon;
const started = sampleTransfer({ state: "finding", reason: "no_sources", text: "Looking for sources.", bytesDone: 0 });
const ended = sampleTransfer({
  state: "done",
  bytesDone: 3_100_000,
  verified: "sha1",
  path: "/home/ann/Downloads/tide-tables.txt",
});

beforeEach(async () => {
  daemon = await ScriptedDaemon.start();
  daemon
    .on("GET /searches/latest", { body: sampleSearch() })
    .on("POST /transfers", { status: 201, body: { ...started, created: true } });
});
afterEach(() => daemon.stop());

test("a number is a hit of the last search", async () => {
  const { code, out } = await run(daemon, ["get", "3"]);
  expect(daemon.changes[0]?.body).toEqual({ hit: { searchId: "s_4k2", number: 3 } });
  expect({ code, out }).toEqual({ code: 0, out: "t_7f  tide-tables.txt  Looking for sources.\n" });
});

test("without a search a number names nothing: exit code 3 and a hint", async () => {
  daemon.on("GET /searches/latest", problem(404, "not_found", "None."));
  const { code, err } = await run(daemon, ["get", "1"]);
  expect({ code, err }).toEqual({
    code: 3,
    err: "error: There was no search yet.\n       Search first: `servent search tide`. [not_found]\n",
  });
});

test("every way to name a file is understood", async () => {
  const words = ["s_9:2", "urn:sha1:X", "magnet:?xt=urn:sha1:X", "http://127.0.0.1/x"];
  await run(daemon, ["get", ...words, "--priority", "high"]);
  expect(daemon.changes.map(({ body }) => body)).toEqual([
    { hit: { searchId: "s_9", number: 2 }, priority: "high" },
    { urn: "urn:sha1:X", priority: "high" },
    { magnet: "magnet:?xt=urn:sha1:X", priority: "high" },
    { link: "http://127.0.0.1/x", priority: "high" },
  ]);
});

test("nothing is started where one of the names is not understood", async () => {
  expect((await run(daemon, ["get", "urn:sha1:X", "nonsense"])).code).toBe(2);
  expect(daemon.changes).toEqual([]);
});

test("a folder is told as a full path", async () => {
  await run(daemon, ["get", "1", "--to", "music/new"]);
  expect(daemon.changes[0]?.body).toMatchObject({ to: "/home/ann/music/new" });
});

test("--wait ends when the file is whole, and tells sources, check and full path", async () => {
  daemon.on("GET /transfers/t_7f", (_, times) => ({ body: times < 4 ? sampleTransfer() : ended }));
  const { code, out, err } = await run(daemon, ["get", "1", "--wait"]);
  expect({ code, out, err }).toEqual({
    code: 0,
    out:
      "tide-tables.txt  100 %  3.1 MB  3 sources on 2 networks  sha1 ok\n" +
      "saved: /home/ann/Downloads/tide-tables.txt\n",
    err: "",
  });
});

test("without a terminal there is one progress line in ten seconds", async () => {
  daemon.on("GET /transfers/t_7f", (_, times) => ({ body: times < 120 ? sampleTransfer() : ended }));
  const { err } = await run(daemon, ["get", "1", "--wait"]);
  expect(err).toBe("tide-tables.txt   42 %  1.3/3.1 MB  810 kB/s  0:02 left  3 src (gnutella 2, bt 1)\n".repeat(2));
});

test("on a terminal the line is redrawn, fits, and is gone at the end", async () => {
  daemon.on("GET /transfers/t_7f", (_, times) => ({ body: times < 4 ? sampleTransfer() : ended }));
  const { err } = await run(daemon, ["get", "1", "--wait"], { columns: 70 });
  expect(err).toContain("\r\u001b[Jtide-tables.txt   42 %  1.3/3.1 MB  810 kB/s  0:02 left  3 src");
  expect(err.endsWith("\r\u001b[J\u001b[?25h")).toBe(true);
});

test("with --json there is one document at the end", async () => {
  daemon.on("GET /transfers/t_7f", { body: ended });
  const { code, out } = await run(daemon, ["get", "1", "--wait", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ schema: "servent.transfers/1", items: [ended] });
});

test.each([
  ["hash_mismatch", 8],
  ["no_sources", 1],
] as const)("a transfer that fails with %s ends with exit code %d and says why", async (reason, code) => {
  const failed = sampleTransfer({ state: "failed", reason, text: "It did not work out." });
  daemon.on("GET /transfers/t_7f", { body: failed });
  const ran = await run(daemon, ["get", "1", "--wait"]);
  expect(ran.code).toBe(code);
  expect(ran.out).toBe("tide-tables.txt  failed\n  It did not work out.\n");
  expect(ran.err).toContain("servent why t_7f");
});

test("a file without any known hash is called unverified", async () => {
  daemon.on("GET /transfers/t_7f", { body: { ...ended, verified: "none", sources: [sampleSource()] } });
  const { code, out } = await run(daemon, ["get", "1", "--wait"]);
  expect(code).toBe(0);
  expect(out).toContain("1 source on 1 network  unverified: no hash was known\n");
});

test("--timeout stops waiting with exit code 9, and the transfer goes on", async () => {
  daemon.on("GET /transfers/t_7f", { body: sampleTransfer() });
  const { code, err } = await run(daemon, ["get", "1", "--wait", "--timeout", "3s"]);
  expect(code).toBe(9);
  expect(err).toContain("The transfer goes on without you (t_7f).");
  expect(daemon.changes).toHaveLength(1);
});

test("Ctrl-C stops waiting with exit code 130, and the transfer goes on", async () => {
  daemon.on("GET /transfers/t_7f", { body: sampleTransfer() });
  const { code, err } = await run(daemon, ["get", "1", "--wait"], { onSleep: (shell) => shell.interrupt() });
  expect(code).toBe(130);
  expect(err).toContain("The transfer goes on without you (t_7f).");
  expect(daemon.changes).toHaveLength(1);
});

test("a transfer that somebody removes meanwhile ends the wait", async () => {
  daemon.on("GET /transfers/t_7f", problem(404, "not_found", "Gone."));
  const { code, out } = await run(daemon, ["get", "1", "--wait"]);
  expect(code).toBe(1);
  expect(out).toContain("It was removed");
});

test("several transfers are waited for, and the worst one decides", async () => {
  daemon
    .on("POST /transfers", ({ body }) => {
      const { hit } = body as { hit: { number: number } };
      return { body: { ...started, id: `t_${hit.number}`, name: `file ${hit.number}`, created: true } };
    })
    .on("GET /transfers/t_1", { body: { ...ended, id: "t_1" } })
    .on("GET /transfers/t_2", (_, times) => ({
      body: sampleTransfer({ id: "t_2", state: times < 3 ? "active" : "failed", reason: "hash_mismatch" }),
    }));
  const { code, out } = await run(daemon, ["get", "1", "2", "--wait"]);
  expect(code).toBe(8);
  expect(out).toContain("sha1 ok");
  expect(out).toContain("failed");
});
