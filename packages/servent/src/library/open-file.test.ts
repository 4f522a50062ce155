import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { openShared } from "./open-file.ts";

const refusal = vi.hoisted(() => ({ code: "" }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    openSync: () => {
      throw Object.assign(new Error(refusal.code), { code: refusal.code });
    },
  };
});

const folder = realpathSync(mkdtempSync(join(tmpdir(), "servent-open-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["EMFILE", true],
  ["ENFILE", true],
  ["ENOENT", false],
  ["EACCES", false],
])("too many open files are no sign that a file is gone: %s", (code, isThrown) => {
  const path = join(folder, "song.ogg");
  writeFileSync(path, "x");
  const { dev, ino, size, mtimeMs } = statSync(path);
  const place = { share: 1, folder: "", name: "song.ogg", device: dev, inode: ino, size, modified: mtimeMs };
  refusal.code = code;
  const open = () => openShared(folder, place, "never");

  if (isThrown) expect(open).toThrow(code);
  else expect(open()).toBeUndefined();
});
