// Reads a file that somebody named, but never more of it than makes sense: the name may be that of a disk or of a pipe. Writes
// one so that a crash in the middle leaves no half of it.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { ServentError } from "../base/servent-error.ts";
import { writeWholeFile } from "../base/whole-file.ts";

const BLOCK_BYTES = 64 * 1024;

/** The text of a file. Throws ServentError `not_found`, `permission`, `invalid_value` or `too_large`, naming it as `shown`. */
export function readTextFile(file: string, shown: string, bytesMax: number): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (cause) {
    throw unreadable(cause, shown);
  }
  try {
    if (fstatSync(fd).isDirectory()) {
      throw new ServentError("invalid_value", `${shown} is a folder.`, "Name a file in it.");
    }
    const blocks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      const count = readSync(fd, block);
      if (count === 0) return Buffer.concat(blocks).toString("utf8");
      length += count;
      if (length > bytesMax) {
        throw new ServentError("too_large", `${shown} has more than ${bytesMax / 1e6} MB.`, "It is no such file.");
      }
      blocks.push(block.subarray(0, count));
    }
  } catch (cause) {
    throw cause instanceof ServentError ? cause : unreadable(cause, shown);
  } finally {
    closeSync(fd);
  }
}

function unreadable(cause: unknown, shown: string): ServentError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new ServentError("not_found", `There is no file ${shown}.`, "Check its name.", { cause });
  }
  return new ServentError("permission", `${shown} cannot be read (${code}).`, "Check who may read it.", { cause });
}

/** Makes the folders above it where they are missing. Throws ServentError `permission` or `disk_full`. */
export function writeTextFile(file: string, text: string): void {
  try {
    makeFolder(path.dirname(file));
    writeWholeFile(file, text, { mode: 0o666, temporary: `${file}.${process.pid}.new` });
  } catch (cause) {
    throw unwritable(cause, file);
  }
}

/** Makes a folder and those above it where they are missing, and sees that files can be made in it. Throws as `writeTextFile`. */
export function prepareFolder(folder: string, shown: string): void {
  try {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(cause, shown);
  }
}

function unwritable(cause: unknown, shown: string): ServentError {
  const code = (cause as NodeJS.ErrnoException).code;
  const isFull = code === "ENOSPC";
  return new ServentError(
    isFull ? "disk_full" : "permission",
    `${shown} cannot be written (${code}).`,
    isFull ? "Make room on the disk." : "Choose another place.",
    { cause },
  );
}

/** Node's own recursive mkdir never ends below folders where nothing can be made, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
