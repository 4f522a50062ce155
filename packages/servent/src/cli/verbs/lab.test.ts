// The verbs of the lab, with scenarios that run in a blink.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SMALL_WORLD } from "../../lab/testing/small-world.ts";
import { runCli } from "../run.ts";
import { displayWidth } from "../terminal/text.ts";
import { type ShellOptions, TestShell } from "../testing/test-shell.ts";

// Every run is a process that starts anew: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-lab-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function lab(words: readonly string[], options: ShellOptions = {}): Promise<Ran> {
  const shell = labShell(options);
  const code = await runCli(["lab", ...words], shell);
  return { code, out: shell.out, err: shell.err };
}

function labShell(options: ShellOptions = {}): TestShell {
  return new TestShell({ ...options, env: { HOME: folder, XDG_CONFIG_HOME: folder, ...options.env } });
}

/** A scenario file; the answer is its path. */
function scenario(change: object = {}, name = "world.jsonc"): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify({ ...SMALL_WORLD, ...change }));
  return file;
}

describe("lab run", () => {
  test("prints what was found, the digest, the fidelity and the verdicts", async () => {
    const { code, out, err } = await lab(["run", scenario()]);

    expect(code).toBe(0);
    expect(out).toMatch(/^world: A query in a small world$/m);
    expect(out).toMatch(/^digest +[0-9a-f]{16} +\(build /m);
    expect(out).toMatch(/\(message fidelity\)/);
    expect(out).toMatch(/^reached\(query#0\) +\d+$/m);
    expect(out).toMatch(/^met +reached\(query#0\) > 20$/m);
    expect(err).toBe("");
  });

  test("--trace keeps every event, as many messages among them as were counted, and the same at both fidelities", async () => {
    const traceOf = async (fidelity: string): Promise<string[]> => {
      const file = path.join(folder, `${fidelity}.ndjson`);
      const { code, err } = await lab(["run", scenario(), "--fidelity", fidelity, "--trace", file]);
      expect([code, err]).toEqual([0, expect.stringMatching(/events\n$/)]);
      return readFileSync(file, "utf8").trimEnd().split("\n");
    };
    const [head = "", ...events] = await traceOf("message");
    expect(JSON.parse(head)).toMatchObject({ schema: "servent.trace/1", fidelity: "message" });
    const { out } = await lab(["run", scenario(), "--json"]);
    const [{ events: delivered, points }] = JSON.parse(out).items;
    expect(events).toHaveLength(delivered);
    const queries = events.filter((line) => JSON.parse(line).m === "query");
    expect(queries).toHaveLength(points[0].values["count(msg=query)"].mean);
    expect((await traceOf("wire")).slice(1)).toEqual(events);
  });

  test("a broken invariant ends with 10 and tells the faults that are enough", async () => {
    const broken = {
      protocol: "chord",
      peers: 20,
      joinEvery: "500ms",
      warmUp: "2m",
      options: { upkeep: "original", successors: 2 },
      faults: [
        { at: "10s", do: "crash", peers: "5%" },
        { at: "30s", do: "crash", peers: "30%" },
      ],
      checkers: ["living-successor"],
      until: "2m",
      topology: null,
      load: [],
      files: undefined,
      expect: [],
    };
    const { code, err } = await lab(["run", scenario(broken)]);
    expect(code).toBe(10);
    expect(err).toMatch(/broke an invariant: living-successor: peer \d+ has no/);
    expect(err).toMatch(/1 of 2 faults are enough.*--set 'faults=\[\{/s);
  });

  test("prints exactly one JSON document, however many scenarios there are", async () => {
    const { code, out, err } = await lab(["run", scenario(), scenario({ seeds: 2 }, "two.jsonc"), "--json"]);

    expect(code).toBe(0);
    const { schema, items } = JSON.parse(out);
    expect(schema).toBe("servent.lab-runs/1");
    expect(items).toEqual([
      expect.objectContaining({ name: "world", passed: true, fidelity: "message", seeds: ["7"] }),
      expect.objectContaining({ name: "two", seeds: ["7", "8"], capsule: expect.stringContaining("servent:run/1?") }),
    ]);
    expect(items[0].points[0].values["reached(query#0)"].mean).toBeGreaterThan(20);
    expect(err).toBe("");
  });

  test("a missed expectation is told, and with --check the exit code is 10", async () => {
    const file = scenario({ expect: ["reached(query#0) > 1000", "count > 0"] });
    const free = await lab(["run", file]);
    const checked = await lab(["run", file, "--check"]);

    expect(free.code).toBe(0);
    expect(free.err).toContain("1 of 2 expectations does not hold; with --check that is exit code 10");
    expect(checked.code).toBe(10);
    expect(checked.out).toMatch(/^missed +reached\(query#0\) > 1000$/m);
  });

  test("an expectation of what nobody found is no pass", async () => {
    const { code, out } = await lab(["run", scenario({ expect: ["raeched > 1"] }), "--check"]);

    expect(code).toBe(10);
    expect(out).toMatch(/^unknown +raeched > 1$/m);
    expect(out).toContain("did you mean reached");
  });

  test("both fidelities give the same digest", async () => {
    const digests = await Promise.all(
      ["wire", "message"].map(async (fidelity) => {
        const { out } = await lab(["run", scenario(), "--fidelity", fidelity, "--json"]);
        return JSON.parse(out).items[0].digest;
      }),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  test("--out keeps the result, and each of several scenarios in a folder of its own", async () => {
    const out = path.join(folder, "out");
    await lab(["run", scenario(), "--out", out]);
    await lab(["run", scenario(), scenario({}, "two.jsonc"), "--out", out]);

    expect(readdirSync(out)).toEqual(expect.arrayContaining(["report.html", "result.json", "two", "world"]));
    expect(readdirSync(path.join(out, "two"))).toContain("result.json");
  });

  test.each([
    ["", "names no folder"],
    ["/proc/servent", "cannot be written"],
  ])("a place where nothing can be written (%j) is told before the first run", async (out, text) => {
    const { code, err, out: printed } = await lab(["run", scenario(), "--out", out]);
    expect(code).not.toBe(0);
    expect(err).toContain(text);
    expect(printed).toBe("");
  });

  test("a file nested thousands deep is told like any other slip", async () => {
    const file = path.join(folder, "deep.jsonc");
    writeFileSync(file, `${"[".repeat(3000)}${"]".repeat(3000)}`);
    const { code, err } = await lab(["run", file]);
    expect(code).toBe(2);
    expect(err).toContain("deep.jsonc:1:65: more than 64 levels.");
  });

  test("without a name it says where names come from", async () => {
    const { code, err } = await lab(["run"]);
    expect(code).toBe(2);
    expect(err).toContain("Which scenario?");
    expect(err).toContain("servent lab ls");
  });

  test("an unknown name is answered with the nearest, and 3", async () => {
    const { code, err } = await lab(["run", "exam-fllod"]);
    expect(code).toBe(3);
    expect(err).toContain("Did you mean exam-flood?");
  });

  test("a wrong file is refused with its place before anything runs", async () => {
    const { code, out, err } = await lab(["run", scenario(), scenario({ peers: -1 }, "bad.jsonc")]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/bad\.jsonc:1:\d+: peers: -1 is not allowed\.\n {7}Expected: a whole number/);
  });

  test("what does not fit into memory is refused before it begins, with 9 and the number that fits", async () => {
    const env = { SERVENT_LAB_MAX_MEMORY: "500MB" };
    const { code, out, err } = await lab(["run", scenario({ peers: 100_000, topology: null })], { env });
    expect(code).toBe(9);
    expect(out).toBe("");
    expect(err).toMatch(/100 000 peers need about [\d ]+ MB, and lab\.maxMemory allows 500 MB\./);
    expect(err).toMatch(/[\d ]+ peers would fit\./);
  });

  test("of several, one that does not fit keeps the others from nothing", async () => {
    const env = { SERVENT_LAB_MAX_MEMORY: "500MB" };
    const large = scenario({ peers: 100_000, topology: null }, "large.jsonc");
    const { code, out, err } = await lab(["run", large, scenario(), "--json"], { env });
    expect(code).toBe(9);
    expect(JSON.parse(out).items).toEqual([
      expect.objectContaining({ name: "large", error: expect.objectContaining({ code: "out_of_memory" }) }),
      expect.objectContaining({ name: "world", passed: true }),
    ]);
    expect(err).toContain("large: 100 000 peers need");
  });

  test("Ctrl-C ends it with 130, and the run with it", async () => {
    const shell = labShell({ columns: 80 });
    const running = runCli(["lab", "run", scenario({ until: "100h" })], shell);
    await expect.poll(() => shell.err, { timeout: 20_000 }).toContain("%");

    shell.interrupt();

    expect(await running).toBe(130);
    expect(shell.err).toContain("Interrupted; nothing of it is kept.");
  });

  test.each([50, 80, 132])("no line of data is wider than a terminal of %i columns", async (columns) => {
    const file = scenario({ seeds: 3, sweepOver: { "load.0.ttl": [1, 2], peers: [40, 50] } });
    const { out } = await lab(["run", file, scenario({}, "one.jsonc")], { columns, env: { NO_COLOR: "1" } });
    expect(out).toContain("load.0.ttl");
    for (const line of out.split("\n")) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  });
});

describe("lab sweep", () => {
  test("has a row for every combination", async () => {
    const words = ["sweep", scenario(), "--over", "load.0.ttl=1,2,3", "--over", "peers=40,50", "--jobs", "2"];
    const { code, out } = await lab(words);

    expect(code).toBe(0);
    const rows = out.split("\n").filter((line) => /^ +[123] {2,}[45]0 /.test(line));
    expect(rows).toHaveLength(6);
  });

  test("goes on where it was interrupted", async () => {
    const out = path.join(folder, "out");
    const words = ["sweep", scenario(), "--seeds", "40", "--out", out, "--jobs", "1"];
    const shell = labShell({ columns: 80 });
    const running = runCli(["lab", ...words], shell);
    await expect.poll(() => shell.err, { timeout: 20_000 }).toMatch(/[1-9]\d*\/40 runs/);
    shell.interrupt();
    expect(await running).toBe(130);
    const kept = readdirSync(path.join(out, "runs"));
    expect(shell.err).toContain(`${kept.length} of 40 runs are kept in ${out}`);

    const resumed = await lab([...words, "--json"]);
    const fresh = await lab(["sweep", scenario(), "--seeds", "40", "--json"]);

    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(40);
    expect(readdirSync(path.join(out, "runs"))).toHaveLength(40);
    expect(JSON.parse(resumed.out).digest).toBe(JSON.parse(fresh.out).digest);
  });

  test("of nothing is refused, and says what to write", async () => {
    const { code, err } = await lab(["sweep", scenario()]);
    expect(code).toBe(2);
    expect(err).toContain("--over key=a,b,c");
  });

  test("without a Redis behind the address it ends with 4", async () => {
    const { code, err } = await lab(["sweep", scenario(), "--seeds", "2", "--redis", "redis://127.0.0.1:1"]);
    expect(code).toBe(4);
    expect(err).toContain("No Redis answers at redis://127.0.0.1:1");
  });
});

describe("lab replay", () => {
  test("finds the same trace again, from a result and from its capsule", async () => {
    const out = path.join(folder, "out");
    const { out: told } = await lab(["run", scenario({ seeds: 2 }), "--out", out, "--json"]);
    const { capsule, digest } = JSON.parse(told).items[0];

    for (const what of [out, capsule]) {
      const { code, out: replayed } = await lab(["replay", what, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(replayed)).toMatchObject({ same: true, digest, recorded: digest });
    }
  });

  test("ends with 11 where the trace differs, and says whether the build does", async () => {
    const out = path.join(folder, "out");
    await lab(["run", scenario(), "--out", out]);
    const file = path.join(out, "result.json");
    const written = JSON.parse(readFileSync(file, "utf8"));
    written.runs[0].findings.digest = "0123456789abcdef";
    writeFileSync(file, JSON.stringify(written));

    const same = await lab(["replay", out]);
    writeFileSync(file, JSON.stringify({ ...written, build: "0.0.1+older" }));
    const older = await lab(["replay", out]);

    expect([same.code, older.code]).toEqual([11, 11]);
    expect(same.out).toMatch(/^then +0123456789abcdef/m);
    expect(same.out).toMatch(/^trace +DIFFERS$/m);
    expect(same.err).toContain("a fault of the program or of the machine");
    expect(older.err).toContain("another build");
  });

  test("a capsule that holds only a hash needs the scenario's file", async () => {
    const large = scenario({
      load: Array.from({ length: 300 }, (_, i) => ({
        at: `${i * 13}ms`,
        peer: i % 40,
        do: "query",
        words: `tide ${(i * 7919) % 997}`,
      })),
    });
    const { out } = await lab(["run", large, "--json"]);
    const { capsule } = JSON.parse(out).items[0];
    expect(capsule).toContain("sha256");

    const lost = await lab(["replay", capsule]);
    const found = await lab(["replay", capsule, "--scenario", large]);

    expect(lost.code).toBe(3);
    expect(lost.err).toContain("--scenario");
    expect(found.code).toBe(0);
  });
});

describe("lab worker and bench", () => {
  test("a worker needs to know where the queue is", async () => {
    const { code, err } = await lab(["worker"]);
    expect(code).toBe(2);
    expect(err).toContain("--redis");
  });

  test("a bench tells its figures as one document", async () => {
    const { code, out } = await lab(["bench", "--quick", "--only", "gnutella", "--json"]);
    expect(code).toBe(0);
    const { schema, items } = JSON.parse(out);
    expect(schema).toBe("servent.lab-bench/1");
    expect(items).toEqual([expect.objectContaining({ name: "gnutella", peers: 2000 })]);
    expect(items[0].events).toBeGreaterThan(100_000);
  });

  test("an unknown bench is answered with those that there are", async () => {
    const { code, err } = await lab(["bench", "--only", "chrod"]);
    expect(code).toBe(2);
    expect(err).toContain("engine, chord, gnutella");
  });
});

describe("lab compare and report", () => {
  test("values stand side by side, and what is more than chance is told", async () => {
    const [a, b] = [path.join(folder, "a"), path.join(folder, "b")];
    await lab(["run", scenario({ seeds: 5 }), "--out", a]);
    await lab(["run", scenario({ seeds: 5, peers: 80 }), "--out", b]);

    const { code, out } = await lab(["compare", a, b, "--json"]);
    const itself = await lab(["compare", a, a]);

    expect(code).toBe(0);
    const { items } = JSON.parse(out);
    expect(items.find(({ value }: { value: string }) => value === "up")).toMatchObject({ finding: "apart" });
    expect(items.find(({ value }: { value: string }) => value === "links.mean")).toMatchObject({ finding: "same" });
    expect(itself.err).toContain("the same runs");
  });

  test("what is no result is refused", async () => {
    const { code, err } = await lab(["compare", scenario(), scenario()]);
    expect(code).toBe(2);
    expect(err).toContain("is no result of the lab");
    expect((await lab(["compare", "a", "b"])).code).toBe(3);
  });

  test("a report is one page of one or several results", async () => {
    const [a, b] = [path.join(folder, "a"), path.join(folder, "b")];
    await lab(["run", scenario({ title: "The one" }), "--out", a]);
    await lab(["run", scenario({ title: "The other" }), "--out", b]);
    const page = path.join(folder, "both.html");

    expect((await lab(["report", a, b, "--out", page])).code).toBe(0);

    const html = readFileSync(page, "utf8");
    expect(html.match(/<!doctype/gi)).toHaveLength(1);
    expect(html.match(/<h1>/g)).toHaveLength(2);
    expect(html).toContain("The other");
  });
});

describe("lab new, ls, show, schema", () => {
  test("the file to begin with runs, and all it expects holds", async () => {
    const file = path.join(folder, "mine.jsonc");
    expect((await lab(["new", file])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(/^\/\/ A scenario of the lab/);

    expect((await lab(["run", file, "--check"])).code).toBe(0);
  });

  test("what its comments offer works as well", async () => {
    const file = path.join(folder, "mine.jsonc");
    await lab(["new", file]);
    writeFileSync(file, readFileSync(file, "utf8").replace('// { "at"', '{ "at"'));

    const { code, out } = await lab(["run", file, "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(out).items[0].points[0].values.up.mean).toBe(180);
  });

  test("--from a program writes down its settings, and that runs", async () => {
    const file = path.join(folder, "mine.jsonc");
    await lab(["new", file, "--from", "chord-lookups"]);
    expect(readFileSync(file, "utf8")).toMatch(/^ {4}\/\/ "peers": \d+,$/m);

    expect((await lab(["run", file, "--set", "peers=50", "--set", "lookups=100"])).code).toBe(0);
  });

  test("show tells what can be set about a program", async () => {
    const { out } = await lab(["show", "chord-lookups"]);
    expect(out).toMatch(/^ {2}kind = iterative +.*\(iterative, recursive\)$/m);
  });

  test("--from copies one that comes with the lab", async () => {
    const file = path.join(folder, "copy.jsonc");
    await lab(["new", file, "--from", "exam-flood"]);
    const [mine, theirs] = await Promise.all([lab(["run", file, "--json"]), lab(["run", "exam-flood", "--json"])]);
    expect(JSON.parse(mine.out).items[0].digest).toBe(JSON.parse(theirs.out).items[0].digest);
  });

  test("a file that is there stays as it is", async () => {
    const file = scenario();
    const before = readFileSync(file, "utf8");
    const { code, err } = await lab(["new", file]);
    expect(code).toBe(6);
    expect(err).toContain("is there already");
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("--dry-run writes nothing", async () => {
    const { out } = await lab(["new", path.join(folder, "mine.jsonc"), "--dry-run"]);
    expect(out).toContain("would write");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("lab alone lists what comes with it", async () => {
    const { code, out } = await lab([]);
    expect(code).toBe(0);
    expect(out).toMatch(/^exam-flood +1 +Exam flood$/m);
  });

  test("the list is one JSON document", async () => {
    const { out } = await lab(["ls", "--json"]);
    expect(JSON.parse(out).items).toContainEqual(
      expect.objectContaining({ name: "exam-flood", runs: 1, what: "gnutella" }),
    );
  });

  test("show tells what is run and expected", async () => {
    const { out } = await lab(["show", "exam-flood"]);
    expect(out).toContain('"kind": "tree"');
    expect(out).toContain("count(msg=query) == 39");
  });

  test("the schema is JSON, and knows the keys of a world", async () => {
    const { out } = await lab(["schema"]);
    expect(JSON.parse(out)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
    expect(out).toContain('"sweepOver"');
  });
});
