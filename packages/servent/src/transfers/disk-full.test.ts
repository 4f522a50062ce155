// A really full disk: a small tmpfs. Needs the right to mount; skipped, and said so, without it.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { MIB, Rig, content } from "./transfer-fixture.ts";

let rig: Rig | undefined;
let mounted: string | undefined;

afterEach(async () => {
  await rig?.manager.close();
  if (mounted !== undefined) execFileSync("umount", [mounted]);
  mounted = undefined;
  await rig?.end();
  rig = undefined;
});

function mount(options: string, folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
    mounted = folder;
    return true;
  } catch {
    return false;
  }
}

/** A rig whose incomplete files lie on a tmpfs of this size; undefined where we may not mount one. */
function rigOn(size: string): Rig | undefined {
  rig = new Rig({}, ({ incomplete }) => {
    mkdirSync(incomplete);
    mount(`size=${size},mode=0700`, incomplete);
  });
  return mounted === undefined ? undefined : rig;
}

function enlarge(size: string): void {
  execFileSync("mount", ["-o", `remount,size=${size}`, mounted as string]);
}

test("a disk that is too small pauses before the first byte and goes on by itself when it has grown", async (context) => {
  const r = rigOn("4m");
  if (r === undefined) return context.skip("mounting a tmpfs is not permitted here");
  r.free = "real";
  const file = content(12 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1]);
  const { id } = r.manager.add({
    name: "file.bin",
    size: file.bytes.length,
    urns: [file.sha1],
    sources: [peer.source],
  }).transfer;

  const view = await r.untilState(id, "paused");
  expect(view.reason).toBe("disk_full");
  expect(view.text).toContain(r.incomplete);
  expect(peer.given).toBe(0);
  enlarge("32m");
  await r.untilState(id, "done");

  // The downloads lie on another file system, so this was also a copy.
  expect(statSync(r.incomplete).dev).not.toBe(statSync(r.downloads).dev);
  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(r.savedNames()).toEqual(["file.bin"]);
});

test("a write that the full disk refuses loses nothing that was there, and the file ends right", async (context) => {
  const r = rigOn("4m");
  if (r === undefined) return context.skip("mounting a tmpfs is not permitted here");
  const file = content(12 * MIB);
  const peer = r.network.peer("a", file.bytes, [file.sha1], { chunkMs: 50 });
  const { id } = r.manager.add({
    name: "file.bin",
    size: file.bytes.length,
    urns: [file.sha1],
    sources: [peer.source],
  }).transfer;
  await r.until(() => r.manager.view(id).bytesDone > 3 * MIB);
  // What the system says is asked only now: until here it is the refused write that stops the transfer.
  r.free = 0;

  const view = await r.untilState(id, "paused");
  expect(view.reason).toBe("disk_full");
  expect(view.bytesDone).toBeGreaterThan(3 * MIB);
  enlarge("32m");
  r.free = "real";
  await r.untilState(id, "done");

  expect(r.saved().equals(file.bytes)).toBe(true);
  expect(peer.given).toBeLessThan(file.bytes.length + 2 * MIB);
});
