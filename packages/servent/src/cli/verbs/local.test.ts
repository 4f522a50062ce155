// Verbs that need no daemon.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../run.ts";
import { TestShell } from "../testing/test-shell.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "servent-local-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function cli(...words: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const shell = new TestShell({ env: { HOME: folder, XDG_CONFIG_HOME: path.join(folder, "config") } });
  const code = await runCli(words, shell);
  return { code, out: shell.out, err: shell.err };
}

test("the identities of a file are those that others compute", async () => {
  const file = path.join(folder, "a file.txt");
  await writeFile(file, "");
  const { code, out } = await cli("files", "hash", file, "--json");
  expect(code).toBe(0);
  // The published values for nothing: SHA-1, and the Tiger tree of no bytes (THEX draft, section 2).
  const sha1 = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";
  const root = "LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ";
  expect(JSON.parse(out).items).toEqual([
    {
      path: file,
      name: "a file.txt",
      size: 0,
      urns: [`urn:sha1:${sha1}`, `urn:ttroot:${root}`, `urn:bitprint:${sha1}.${root}`],
      magnet: `magnet:?xt=urn:bitprint:${sha1}.${root}&xl=0&dn=a%20file.txt`,
    },
  ]);
});

test("a file larger than one read is hashed whole", async () => {
  const file = path.join(folder, "large");
  const bytes = Buffer.alloc(3_000_001, "tide");
  await writeFile(file, bytes);
  const { out } = await cli("files", "hash", file, "--json");
  const [identity] = JSON.parse(out).items;
  expect(identity.size).toBe(bytes.length);
  const hex = createHash("sha1").update(bytes).digest("hex");
  expect(hexOfBase32(identity.urns[0].slice("urn:sha1:".length))).toBe(hex);
});

test("a file that is not there, or no file, is an error with its own code", async () => {
  expect(await cli("files", "hash", path.join(folder, "no"))).toMatchObject({ code: 3 });
  expect(await cli("files", "hash", folder)).toMatchObject({ code: 2 });
});

test("the places of a profile are told without a daemon", async () => {
  const { out } = await cli("config", "path", "--profile", "work", "--json");
  expect(JSON.parse(out)).toMatchObject({
    schema: "servent.paths/1",
    profile: "work",
    configFile: path.join(folder, "config", "servent-work", "config.jsonc"),
  });
});

test("a configuration is checked as a start would read it", async () => {
  const file = path.join(folder, "mine.jsonc");
  await writeFile(file, '{ "limits": { "down": "500kB" } } // slow line');
  expect(await cli("config", "check", "--config", file)).toMatchObject({ code: 0, out: "" });
  await writeFile(file, '{\n  "limits": { "dwon": "500kB" }\n}');
  const { code, err } = await cli("config", "check", "--config", file);
  expect(code).toBe(2);
  expect(err).toContain("limits.down");
  expect(err).toMatch(/2:\d+|line 2/);
});

test("the schema of the configuration is JSON", async () => {
  const { code, out } = await cli("config", "schema");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: "object" });
});

function hexOfBase32(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, "0")).join("");
}
