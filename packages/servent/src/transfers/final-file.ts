// From a finished incomplete file to its final name: never over a file that is there, never a part of a file under it.
import { constants } from "node:fs";
import { type FileHandle, chmod, copyFile, link, lstat, mkdir, open, rename, rm, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { assert } from "@servent/overlay/base/assert.ts";
import { ServentError } from "../base/servent-error.ts";
import { numberedName } from "./file-name.ts";

/** Names tried before giving up: more files of one name than anybody has. */
const NAMES_MAX = 10_000;

export interface FinishOptions {
  readonly part: string;
  readonly folder: string;
  /** Already safe, see `safeFileName`. */
  readonly name: string;
  /** What to do when the name is taken: try `name (2)`, or give up. */
  readonly onConflict: "rename" | "skip";
  /** The path chosen before an interruption, if any: then it may be ours already. */
  readonly chosen: string | undefined;
  /** Called before the path comes to be, so that an interruption in between can be told from another's file. */
  readonly choose: (path: string) => void;
}

/** The final path. Rejects with the system's error, or ServentError `conflict` when no name is free. */
export async function finishFile(options: FinishOptions): Promise<string> {
  const { part, folder, name, chosen } = options;
  assert(basename(name) === name && name !== "" && name !== "." && name !== "..", "a safe file name");
  if (chosen !== undefined && (await wasPlaced(part, chosen))) return chosen;
  await mkdir(folder, { recursive: true });
  for (let number = 1; number <= NAMES_MAX; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number));
    assert(dirname(path) === dirname(join(folder, "x")), "the file stays in its folder");
    if (number > 1 && options.onConflict === "skip") break;
    if (await exists(path)) continue;
    options.choose(path);
    if (await place(part, path)) {
      await syncFolder(folder);
      return path;
    }
  }
  throw new ServentError("conflict", `${folder} already has a file named "${name}".`, "Move it away, then resume.");
}

/** Was the path made from this part before we were interrupted? Then only the part is left to remove. */
async function wasPlaced(part: string, path: string): Promise<boolean> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return false;
  const source = await lstat(part).catch(() => undefined);
  if (source === undefined) return there.isFile();
  if (there.ino !== source.ino || there.dev !== source.dev) return false;
  await unlink(part);
  return true;
}

/** False: somebody else took the path meanwhile. */
async function place(part: string, path: string): Promise<boolean> {
  await chmod(part, 0o666 & ~process.umask());
  try {
    await link(part, path);
  } catch (error) {
    switch (codeOf(error)) {
      case "EEXIST":
        return false;
      case "EXDEV":
        return copyAcross(part, path);
      case "EPERM":
      case "ENOTSUP":
      case "ENOSYS":
      case "EMLINK":
        return renameOver(part, path);
      default:
        throw error;
    }
  }
  await unlink(part);
  return true;
}

/** The other folder is on another disk: copy under a hidden name there, then link. */
async function copyAcross(part: string, path: string): Promise<boolean> {
  const temporary = join(dirname(path), `.${basename(part)}.tmp`);
  try {
    await rm(temporary, { force: true });
    await copyFile(part, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const handle = await open(temporary, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await place(temporary, path))) return false;
  } finally {
    await rm(temporary, { force: true });
  }
  await unlink(part);
  return true;
}

/** A file system without hard links: hold the name with an empty file, which the rename then replaces in one step. */
async function renameOver(part: string, path: string): Promise<boolean> {
  let holder: FileHandle;
  try {
    holder = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  await holder.close();
  await rename(part, path);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** So that the new name survives a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
