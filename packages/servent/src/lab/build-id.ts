// Which code a run was made with: the version, and a hash of every source that can change what a run finds. Two machines with
// the same build find the same; a kept result of another build is never taken for one of this.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../daemon/version.ts";
import { LAB_SOURCES, OVERLAY_SOURCES } from "./package-folders.ts";

const HASH_DIGITS = 12;

/** `0.1.0+5c7e01ab93f2`: of what lies on the disk now, for that is what a process that is started now runs. */
export function buildId(): string {
  return `${VERSION}+${hashOfSources([OVERLAY_SOURCES, LAB_SOURCES])}`;
}

export function hashOfSources(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = globSync("**/*.ts", { cwd: folder }).map((name) => name.replaceAll(path.sep, "/"));
    for (const name of names.filter((each) => !each.endsWith(".test.ts")).sort()) {
      const bytes = readFileSync(path.join(folder, name));
      hash.update(`${name}\n${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest("hex").slice(0, HASH_DIGITS);
}
