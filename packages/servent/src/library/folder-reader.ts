// Reads one folder of a share from disk: which files and folders are in it, and which names cannot be shared.
import type { Dirent, Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { utf8Decode } from "@servent/overlay/base/bytes.ts";
import type { FoundFile, FoundFolder } from "./records.ts";
import type { Exclusion } from "./exclusions.ts";
import type { ShareProblem } from "./library.ts";

/** Questions to the file system at a time: Node has four threads for them, and others need some. */
const STATS_AT_ONCE = 8;
/** Folders in folders; deeper ones are reported. Paths of 4096 bytes end before most such trees do. */
export const DEPTH_MAX = 128;

export type SymlinkRule = "never" | "inside";

export interface FolderRules {
  /** Real path of the share. */
  readonly root: string;
  readonly symlinks: SymlinkRule;
  readonly excluded: Exclusion;
}

export interface FolderContent {
  readonly found: FoundFolder;
  /** Paths relative to the share. */
  readonly folders: readonly string[];
  /** Folders that a link leads to: real paths inside the share by the link's path. */
  readonly linkedFolders: readonly { readonly path: string; readonly target: string }[];
  readonly problems: readonly Omit<ShareProblem, "at">[];
  readonly excluded: readonly { readonly path: string; readonly why: string }[];
}

/** Throws the system's error where the folder itself cannot be read. */
export async function readFolder(rules: FolderRules, path: string, signal?: AbortSignal): Promise<FolderContent> {
  const absolute = path === "" ? rules.root : join(rules.root, path);
  const self = await lstatOrLinked(rules, absolute);
  const entries = await readdir(absolute, { withFileTypes: true });
  const badNames = await findBadNames(absolute, entries);
  const files: FoundFile[] = [];
  const folders: string[] = [];
  const linkedFolders: { path: string; target: string }[] = [];
  const problems: Omit<ShareProblem, "at">[] = [];
  const excluded: { path: string; why: string }[] = [];

  const look = async (entry: Dirent): Promise<void> => {
    const relative = path === "" ? entry.name : `${path}/${entry.name}`;
    if (badNames.has(entry.name)) {
      problems.push({
        path: relative,
        code: "bad_name",
        text: "The name is not valid UTF-8, so peers cannot ask for it.",
      });
      return;
    }
    const why = rules.excluded(relative);
    if (why !== undefined) {
      excluded.push({ path: relative, why });
      return;
    }
    if (entry.isDirectory()) {
      folders.push(relative);
      return;
    }
    try {
      const stats = await lstat(join(absolute, entry.name));
      if (stats.isFile()) files.push(foundFile(entry.name, stats));
      else if (!stats.isSymbolicLink()) excluded.push({ path: relative, why: "not a regular file" });
      else if (rules.symlinks === "never") excluded.push({ path: relative, why: "symbolic link" });
      else {
        const target = await realpath(join(absolute, entry.name));
        if (!isInside(rules.root, target)) {
          problems.push({ path: relative, code: "outside", text: "The link leads out of the share." });
          return;
        }
        const there = await stat(target);
        if (there.isFile()) files.push(foundFile(entry.name, there));
        else if (there.isDirectory()) linkedFolders.push({ path: relative, target });
      }
    } catch (error) {
      // Gone between the listing and the look is no problem of anybody's.
      if (errorCode(error) !== "ENOENT") problems.push({ path: relative, code: "unreadable", text: errorText(error) });
    }
  };

  let next = 0;
  const workers = Array.from({ length: Math.min(STATS_AT_ONCE, entries.length) }, async () => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      if (signal?.aborted === true) return;
      await look(entry);
    }
  });
  await Promise.all(workers);
  return { found: { path, device: self.dev, files }, folders, linkedFolders, problems, excluded };
}

/** The folder must be a real one: between two looks it may have become a link to elsewhere. */
async function lstatOrLinked(rules: FolderRules, absolute: string): Promise<Stats> {
  const real = await realpath(absolute);
  const allowed = rules.symlinks === "never" ? real === absolute : isInside(rules.root, real);
  if (!allowed) throw Object.assign(new Error("the path leads through a link"), { code: "ELOOP" });
  return stat(real);
}

/** Node shows bytes that are no UTF-8 as U+FFFD; only then is it worth reading the names once more as bytes. */
async function findBadNames(absolute: string, entries: readonly Dirent[]): Promise<Set<string>> {
  const suspect = entries.some((entry) => entry.name.includes("\ufffd"));
  if (!suspect) return new Set();
  const raw = await readdir(absolute, { encoding: "buffer" });
  return new Set(raw.filter((name) => utf8Decode(name) === undefined).map((name) => name.toString("utf8")));
}

function foundFile(name: string, stats: Stats): FoundFile {
  return { name, size: stats.size, modified: stats.mtimeMs, inode: stats.ino };
}

/** Both are real paths. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** What the system said, for people. */
export function errorText(error: unknown): string {
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return "Not allowed to read it.";
    case "ENOENT":
      return "It is not there.";
    case "ELOOP":
      return "The path leads through a symbolic link.";
    case "EIO":
      return "The disk reports an error.";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
