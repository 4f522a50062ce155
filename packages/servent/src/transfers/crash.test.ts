// Kill -9 in the middle of a download from real servers, over and over: nothing is lost but the piece at work.
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type Served, serve } from "../networks/http/upload-fixture.ts";

const MIB = 1024 * 1024;
const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** Runs the child until it has received so many bytes, then kills it; or until it is done. Answers what it received. */
async function run(args: readonly string[], killAt: number): Promise<{ received: number; ended: string | undefined }> {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL("crash-child.ts", import.meta.url)), ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let received = 0;
  let ended: string | undefined;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [word, count] = line.split(" ");
    received = Number(count);
    if (word !== "received") ended = word;
    if (ended !== undefined || received >= killAt) child.kill("SIGKILL");
  }
  await exited;
  return { received, ended };
}

test("at most one piece per source comes twice for each kill, and the file ends right", async () => {
  const folder = mkdtempSync(join(tmpdir(), "servent-crash-"));
  endings.push(() => rmSync(folder, { recursive: true }));
  const bytes = randomBytes(32 * MIB + 77);
  const servers: Served[] = [];
  for (let i = 0; i < 2; i++)
    servers.push(await serve([{ name: "f", bytes }], { uploads: { bytesPerSecond: 12 * MIB } }));
  endings.push(() => servers.forEach((server) => server.close()));
  const urn = sha1Urn(servers[0]?.library.byIndex(1)?.sha1 as Uint8Array);
  const args = [folder, urn, String(bytes.length), ...servers.map((server) => String(server.port))];

  let received = 0;
  for (const killAt of [5 * MIB, 3 * MIB, 6 * MIB]) {
    const killed = await run(args, killAt);
    expect(killed.ended).toBeUndefined();
    expect(existsSync(join(folder, "downloads", "file.bin"))).toBe(false);
    received += killed.received;
  }
  const last = await run(args, Number.POSITIVE_INFINITY);
  received += last.received;

  expect(last.ended).toBe("done");
  expect(readFileSync(join(folder, "downloads", "file.bin")).equals(bytes)).toBe(true);
  // Three kills, two sources; a chunk more may have come between the line we saw and the kill.
  expect(received).toBeLessThanOrEqual(bytes.length + 3 * 2 * MIB + 3 * 2 * 256 * 1024);
});
