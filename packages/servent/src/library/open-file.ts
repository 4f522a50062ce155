// Opens a shared file for a peer, after asking the disk whether it still is the file that was hashed, and still where the
// user shares things. Between the look and the open nothing is trusted: the open descriptor itself is compared.
import { closeSync, constants, fstatSync, openSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { FilePlace } from "./records.ts";
import { errorCode, isInside, type SymlinkRule } from "./folder-reader.ts";

/**
 * A descriptor, or undefined where the file is gone, changed, replaced, or leads out of the share by a link. Throws the
 * system's error where we have too many files open: that says nothing about this one.
 */
export function openShared(root: string, place: FilePlace, symlinks: SymlinkRule): number | undefined {
  const path = join(root, place.folder, place.name);
  let fd: number;
  try {
    const real = realpathSync(path);
    if (symlinks === "never" ? real !== path : !isInside(root, real)) return undefined;
    // No last link is followed, and a pipe in its place would not make us wait.
    fd = openSync(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errorCode(error);
    if (code === "EMFILE" || code === "ENFILE") throw error;
    return undefined;
  }
  const stats = fstatSync(fd);
  const isSame =
    stats.isFile() &&
    stats.dev === place.device &&
    stats.ino === place.inode &&
    stats.size === place.size &&
    stats.mtimeMs === place.modified;
  if (isSame) return fd;
  closeSync(fd);
  return undefined;
}
