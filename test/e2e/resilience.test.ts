// What the night brings: a downloader or a source that dies, a liar among the sources, a disk that fills. Real daemons,
// real kills; the file still ends whole.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ServentProcess, type TransferView } from "../support/servent-process.ts";

const MIB = 1024 * 1024;
const servents: ServentProcess[] = [];

interface Transfer extends TransferView {
  readonly direction: "down" | "up";
  readonly reason: string | null;
  readonly bytesDone: number;
  readonly sources: readonly { readonly peer: string; readonly state: string; readonly note: string }[];
}

afterEach(async () => {
  await Promise.all(servents.splice(0).map((servent) => servent.stop()));
});

async function start(
  host: string,
  settings: Record<string, unknown>,
  share?: Record<string, Uint8Array>,
): Promise<ServentProcess> {
  const servent = await ServentProcess.start({
    settings: {
      "net.interface": host,
      "net.allowAddresses": ["127.0.0.0/8"],
      "network.gnutella.enabled": true,
      "transfers.reserveDisk": "1MB",
      "transfers.retry": { tries: 0, first: "1s", max: "3s" },
      ...settings,
    },
    ...(share === undefined ? {} : { share }),
  });
  servents.push(servent);
  return servent;
}

async function transfers(servent: ServentProcess, direction: "down" | "up"): Promise<Transfer[]> {
  const { items } = await servent.command<{ items: Transfer[] }>("transfers", "ls");
  return items.filter((item) => item.direction === direction);
}

/** The state of the one download when it holds. */
function download(
  servent: ServentProcess,
  what: string,
  seconds: number,
  holds: (transfer: Transfer) => boolean,
): Promise<Transfer> {
  let last = "";
  return eventually(
    what,
    seconds,
    async () => {
      const [transfer] = await transfers(servent, "down");
      last = JSON.stringify(transfer);
      return transfer !== undefined && holds(transfer) ? transfer : undefined;
    },
    () => last,
  );
}

const sha1 = (bytes: Uint8Array): string => base32Encode(createHash("sha1").update(bytes).digest());

test("a downloader killed in the middle goes on after its restart, and fetches at most one piece per source again", async () => {
  const file = randomBytes(12 * MIB);
  const source = await start(
    "127.0.2.1",
    { "limits.up": 3 * MIB, "network.gnutella.role": "ultrapeer" },
    { "long night.bin": file },
  );
  const getter = await start("127.0.2.2", { "network.gnutella.bootstrap": [await source.endpoint()] });
  await getter.linked(await source.endpoint());
  await getter.finds("long night", "long night.bin");
  await getter.command("get", "1");
  await download(getter, "some of it is there", 20, ({ bytesDone }) => bytesDone > 3 * MIB);

  await getter.kill();
  await getter.restart();
  const done = await download(getter, "it is done", 60, ({ state }) => state === "done");

  expect(sha1(readFileSync(done.path as string))).toBe(sha1(file));
  const given = (await transfers(source, "up")).reduce((sum, { bytesDone }) => sum + bytesDone, 0);
  // What the kernel had taken from the source when the downloader died was never fetched by anybody.
  const inFlight = MIB / 2;
  expect(given).toBeLessThanOrEqual(file.length + MIB + inFlight);
}, 120_000);

test("when the only source is killed and comes back, the file is finished", async () => {
  const file = randomBytes(8 * MIB);
  const source = await start(
    "127.0.3.1",
    { "limits.up": 2 * MIB, "network.gnutella.role": "ultrapeer" },
    { "patience.bin": file },
  );
  const getter = await start("127.0.3.2", { "network.gnutella.bootstrap": [await source.endpoint()] });
  await getter.linked(await source.endpoint());
  await getter.finds("patience", "patience.bin");
  await getter.command("get", "1");
  await download(getter, "some of it is there", 20, ({ bytesDone }) => bytesDone > MIB);

  await source.kill();
  const waiting = await download(getter, "it waits and says why", 20, ({ state }) => state !== "active");
  expect(waiting.reason).not.toBeNull();
  expect(waiting.text).not.toBe("");
  await source.restart();
  const done = await download(getter, "it is done", 60, ({ state }) => state === "done");

  expect(sha1(readFileSync(done.path as string))).toBe(sha1(file));
}, 120_000);

test("a full disk pauses the transfer with its reason, and room lets it go on", async () => {
  const file = randomBytes(6 * MIB);
  const source = await start("127.0.4.1", { "network.gnutella.role": "ultrapeer" }, { "heavy.bin": file });
  const disk = path.join(source.folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]);
  try {
    const ballast = path.join(disk, "ballast");
    writeFileSync(ballast, new Uint8Array(12 * MIB));
    const getter = await start("127.0.4.2", {
      "network.gnutella.bootstrap": [await source.endpoint()],
      "paths.downloads": path.join(disk, "downloads"),
      "paths.incomplete": path.join(disk, "incomplete"),
    });
    await getter.linked(await source.endpoint());
    await getter.finds("heavy", "heavy.bin");
    await getter.command("get", "1");
    const paused = await download(getter, "it is paused", 20, ({ state }) => state === "paused");
    expect(paused.reason).toBe("disk_full");

    rmSync(ballast);
    const done = await download(getter, "it is done", 30, ({ state }) => state === "done");

    expect(sha1(readFileSync(done.path as string))).toBe(sha1(file));
    await getter.stop();
    servents.splice(servents.indexOf(getter), 1);
  } finally {
    execFileSync("umount", [disk]);
  }
}, 120_000);
