import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { type Call, buildProgram } from "./program.ts";
import { runCli } from "./run.ts";
import { TestShell } from "./testing/test-shell.ts";
import { VERBS } from "./tree.ts";
import type { Verb } from "./verb.ts";

const ALL = flatten(VERBS);

function flatten(verbs: readonly Verb[], above = ""): { readonly path: string; readonly verb: Verb }[] {
  return verbs.flatMap((verb) => {
    const own = `${above}${verb.name}`;
    return [{ path: own, verb }, ...flatten(verb.verbs ?? [], `${own} `)];
  });
}

/** The verb that a command line leads to; undefined where it does not parse. */
async function parsed(line: string): Promise<string | undefined> {
  let call: Call | undefined;
  const program = buildProgram(new TestShell(), (found) => {
    call = found;
  });
  await program.parseAsync(wordsOf(line), { from: "user" });
  return call?.verb.name;
}

/** Words as a shell would see them, up to a pipe or redirection. */
function wordsOf(line: string): string[] {
  const command = line.replace(/\s+([|>&#]).*$/, "");
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  );
}

test.each(ALL)("$path has a summary that fits a line and examples that parse", async ({ path: name, verb }) => {
  expect(verb.summary.length).toBeLessThanOrEqual(66);
  expect(verb.summary).toMatch(/^[^A-Z].*[^.]$/);
  expect(verb.examples.length).toBeGreaterThan(0);
  for (const example of verb.examples) {
    expect(example.startsWith(name), example).toBe(true);
    expect(await parsed(example), example).toBeDefined();
  }
});

test("every command line in docs/cli.md parses", async () => {
  const text = readFileSync(new URL("../../../../docs/cli.md", import.meta.url), "utf8");
  const lines = [...text.matchAll(/^ {4}(?:\$ )?servent (.+)$/gm)].map(([, line]) => line ?? "");
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    if (!line.startsWith("help")) expect(await parsed(line), line).toBeDefined();
  }
});

test("docs/cli.md names every verb", () => {
  const text = readFileSync(new URL("../../../../docs/cli.md", import.meta.url), "utf8");
  for (const verb of VERBS) expect(text, verb.name).toMatch(new RegExp(`\`${verb.name}\\b|servent ${verb.name}\\b`));
});

test("the completion scripts know every verb and every flag", async () => {
  for (const shellName of ["bash", "zsh", "fish", "pwsh"]) {
    const script = await scriptFor(shellName);
    for (const { verb } of ALL) {
      expect(script).toContain(verb.name);
      for (const { flags } of verb.options ?? []) {
        const long = /--([a-z-]+)/.exec(flags)?.[1] ?? "";
        expect(script, `${shellName} ${flags}`).toMatch(new RegExp(`(--|-l )${long}`));
      }
    }
  }
});

test.each([
  ["servent tr", "transfers"],
  ["servent transfers re", "resume retry"],
  ["servent networks enable gn", "gnutella"],
  ["servent transfers ls --state fa", "failed"],
  ["servent --json search --ty", "--type"],
  ["servent completion ", "bash zsh fish pwsh"],
])("bash completes %s", async (line, expected) => {
  const folder = await mkdtemp(path.join(tmpdir(), "servent-complete-"));
  try {
    const script = path.join(folder, "servent.bash");
    await writeFile(script, await scriptFor("bash"));
    const words = line.split(" ").map((word) => `'${word}'`);
    const probe = `. ${script}; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _servent; echo "\${COMPREPLY[@]}"`;
    const completed = execFileSync("bash", ["-c", probe], { encoding: "utf8" }).trim().split(" ");
    expect(completed).toEqual(expect.arrayContaining(expected.split(" ")));
    expect(completed.every((word) => word.startsWith(line.split(" ").at(-1) ?? ""))).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function scriptFor(shellName: string): Promise<string> {
  const shell = new TestShell();
  expect(await runCli(["completion", shellName], shell)).toBe(0);
  return shell.out;
}
