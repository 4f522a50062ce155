// The examples of docs/lab.md, run one after the other as they stand there.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildProgram, type Call } from "../program.ts";
import { runCli } from "../run.ts";
import { TestShell } from "../testing/test-shell.ts";

// Every run is a process that starts anew: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

const TEXT = readFileSync(new URL("../../../../../docs/lab.md", import.meta.url), "utf8");
const EXAMPLES = [...TEXT.matchAll(/^ {4}servent (.+)$/gm)].map(([, line]) => line as string);
/** These need a Redis, or minutes: machine-execution.test.ts runs such sweeps, and lab-bench has tests of its own. */
const isRunElsewhere = (line: string): boolean => /--redis|lab bench/.test(line);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-documented-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As a shell would see them, up to a redirection. */
function wordsOf(line: string): string[] {
  return [...line.replace(/\s>.*$/, "").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

test("there are examples", () => {
  expect(EXAMPLES.length).toBeGreaterThan(15);
});

test.each(EXAMPLES.filter((line) => !isRunElsewhere(line)))("servent %s", async (line) => {
  const shell = new TestShell({ cwd: folder, env: { HOME: folder, XDG_CONFIG_HOME: folder } });
  const code = await runCli(wordsOf(line), shell);
  expect(code, shell.err).toBe(0);
});

test.each(EXAMPLES.filter(isRunElsewhere))("servent %s is understood", async (line) => {
  let call: Call | undefined;
  const program = buildProgram(new TestShell(), (found) => {
    call = found;
  });
  await program.parseAsync(wordsOf(line), { from: "user" });
  expect(call?.verb.run).toBeDefined();
});
