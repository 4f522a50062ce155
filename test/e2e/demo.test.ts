// The first two minutes of a stranger: the demo neighbourhood, one search, one file, whole and verified.
import { createHash } from "node:crypto";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));
const START_SECONDS = 40;

const folder = mkdtempSync(path.join(tmpdir(), "sd-"));
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  TMPDIR: path.join(folder, "tmp"),
  XDG_RUNTIME_DIR: path.join(folder, "run"),
};
let daemon: ChildProcess;
let output = "";

function servent(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function json(...args: string[]): Promise<Record<string, unknown> & { items: Record<string, unknown>[] }> {
  const { code, stdout, stderr } = await servent(...args, "--json");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

interface FoundFile {
  readonly number: number;
  readonly urns: readonly string[];
  readonly sources: readonly { readonly network: string }[];
}

const sha1Of = (file: string): string => base32Encode(createHash("sha1").update(readFileSync(file)).digest());

beforeAll(async () => {
  mkdirSync(env.TMPDIR);
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  daemon = spawn(process.execPath, [BIN, "up", "--demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [daemon.stdout, daemon.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  await eventually(
    "the demo is ready",
    START_SECONDS,
    () => (output.includes("#code=") ? true : undefined),
    () => output,
  );
}, 60_000);

afterAll(async () => {
  const gone = new Promise((resolve) => daemon.once("exit", resolve));
  daemon.kill("SIGTERM");
  await gone;
  rmSync(folder, { recursive: true, force: true });
});

describe("the demo neighbourhood", () => {
  test("says what it is and where to go on", () => {
    expect(output).toContain("24 peers on loopback");
    expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+\/#code=[A-Z0-9-]{14}/);
    expect(output).toContain("servent search tide");
  });

  test("a search finds files of several peers, and `get 1 --wait` brings the first one whole and verified", async () => {
    const search = await json("search", "tide");
    expect(search.items.length).toBeGreaterThan(5);
    const first = search.items[0] as { urns: string[]; size: number };

    const got = await servent("get", "1", "--wait");

    expect(got).toMatchObject({ code: 0 });
    const saved = /saved: (.+)/.exec(got.stdout)?.[1] as string;
    expect(`urn:sha1:${sha1Of(saved)}`).toBe(first.urns.find((urn) => urn.startsWith("urn:sha1:")));
    expect(readFileSync(saved).length).toBe(first.size);
  }, 60_000);

  test("a file is found on every network that its owners are on, and by each of them alone as well", async () => {
    await eventually("all networks name one file", 30, async () => {
      const { items } = await json("search", "tide");
      return items.some(({ networks }) => (networks as string[]).toSorted().join() === "chord,gnutella,napster")
        ? true
        : undefined;
    });
    for (const network of ["chord", "napster"]) {
      const alone = await json("search", "tide", "--network", network);
      expect(alone.items.length).toBeGreaterThan(5);
      expect(alone.items.every(({ networks }) => String(networks) === network)).toBe(true);
    }
  }, 60_000);

  test.each(["gnutella", "napster"])(
    "a file that only an unreachable peer has comes by push over %s",
    async (network) => {
      const search = await json("search", "tidepool", "--network", network);
      expect(search.items).toMatchObject([{ name: "tidepool.wav", health: "push" }]);

      const got = await servent("get", "1", "--wait");

      expect(got).toMatchObject({ code: 0 });
      // Gone again, so that the next network has to bring it once more.
      rmSync(/saved: (.+)/.exec(got.stdout)?.[1] as string);
    },
    60_000,
  );

  test("a file that a liar offers too ends right", async () => {
    await json("search", "tide-tables");
    // The answers settle before the last one is in where the machine is busy; the daemon goes on listening.
    const file = await eventually("three honest sources and the liar are found", 20, async () => {
      const { items } = await json("results");
      const found = items.find(({ name }) => name === "tide-tables.txt") as FoundFile | undefined;
      return found?.sources.filter(({ network }) => network === "gnutella").length === 4 ? found : undefined;
    });

    const got = await servent("get", String(file.number), "--wait");

    expect(got).toMatchObject({ code: 0 });
    const saved = /saved: (.+)/.exec(got.stdout)?.[1] as string;
    expect(file.urns).toContain(`urn:sha1:${sha1Of(saved)}`);
  }, 60_000);

  test("an empty file is a file", async () => {
    await json("search", "empty tide note");
    expect(await servent("get", "1", "--wait")).toMatchObject({ code: 0 });
  }, 60_000);

  test("a search without an answer says so and ends with 3", async () => {
    expect(await servent("search", "nothingofthekind", "--timeout", "2s")).toMatchObject({ code: 3 });
  });
});
