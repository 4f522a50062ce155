import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SideWrites } from "../../base/side-writes.ts";
import type { SharedFile } from "../../library/library.ts";
import { serve } from "../http/upload-fixture.ts";
import { MusicIndex } from "./music-index.ts";
import { SharedPaths } from "./shared-paths.ts";

function song(): Buffer {
  const frame = Buffer.alloc(417, 7);
  frame.set([0xff, 0xfb, 0x90, 0x00]);
  const tag = Buffer.alloc(300, 1);
  tag.set([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 2, 34]);
  return Buffer.concat([tag, ...Array.from({ length: 50 }, () => frame)]);
}

test("facts are read once per content, told when they are there, and kept over a restart", async () => {
  const served = await serve([
    { name: "tide.mp3", bytes: song() },
    { name: "noise.mp3", bytes: randomBytes(5000) },
    { name: "tide.txt", bytes: song() },
  ]);
  const db = new DatabaseSync(":memory:");
  const writes = new SideWrites(() => expect.unreachable());
  const index = new MusicIndex(served.library, db, writes);
  const paths = new SharedPaths(served.library, index);

  expect(paths.files().map(({ seconds }) => seconds)).toEqual([0, 0, 0]);
  await expect.poll(() => index.version).toBe(1);

  const [tide, noise, text] = paths.files();
  expect(tide).toMatchObject({ bitrate: 128, frequency: 44_100, seconds: 1, media: "mp3" });
  expect(tide?.md5).toMatch(/^[0-9a-f]{32}$/);
  expect(noise?.md5).toBe("0".repeat(32));
  expect(text?.md5).toBe("0".repeat(32));

  served.library.failure = new Error("nothing is read again");
  const later = new MusicIndex(served.library, db, writes);
  expect(later.of(served.library.byIndex(1) as SharedFile)?.md5).toBe(tide?.md5);
  expect(later.of(served.library.byIndex(2) as SharedFile)).toBeUndefined();
  expect(served.library.opened).toBe(0);
  index.close();
  served.close();
});
