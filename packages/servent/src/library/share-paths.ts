// Which folder may become a share, and under which name peers see it.
import { realpath, readdir, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { ServentError } from "../base/servent-error.ts";
import { errorText, isInside } from "./folder-reader.ts";

export interface SharePathRules {
  /** Our own folders: neither they, nor what is in them, nor what they are in may be shared. */
  readonly protectedPaths: readonly string[];
  /** The home folder: what is in it may be shared, it as a whole may not. */
  readonly home: string;
}

/** The real path of a readable folder that may be shared; else throws `share_unreadable` or `share_refused`. */
export async function sharePath(path: string, rules: SharePathRules): Promise<string> {
  let real: string;
  try {
    real = await realpath(resolve(path));
    if (!(await stat(real)).isDirectory()) throw new Error("It is not a folder.");
    await readdir(real);
  } catch (error) {
    throw new ServentError(
      "share_unreadable",
      `The folder ${path} cannot be shared: ${errorText(error)}`,
      "Give the path of a folder that this user may read.",
      { cause: error },
    );
  }
  if (dirname(real) === real) throw refused(path, "It is the whole disk.");
  if (isInside(real, await nearestRealPath(rules.home))) throw refused(path, "It holds the whole home folder.");
  for (const own of rules.protectedPaths) {
    const there = await nearestRealPath(own);
    if (isInside(real, there)) throw refused(path, `It holds ${own}, where this program keeps private things.`);
    if (isInside(there, real)) throw refused(path, `It is in ${own}, where this program keeps private things.`);
  }
  return real;
}

function refused(path: string, why: string): ServentError {
  return new ServentError(
    "share_refused",
    `The folder ${path} is not shared. ${why}`,
    "Choose a folder made for sharing.",
  );
}

/** The real path of something that need not be there yet: links in the part that is there are followed. */
async function nearestRealPath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : resolve(await nearestRealPath(parent), basename(whole));
  }
}

/** Two shares must not have a file in common: it would be offered twice. */
export function refuseOverlap(real: string, shared: readonly string[]): void {
  for (const other of shared) {
    if (real === other) {
      throw new ServentError(
        "conflict",
        `The folder ${real} is shared already.`,
        "Remove the share first to change it.",
      );
    }
    if (isInside(real, other) || isInside(other, real)) {
      throw new ServentError(
        "conflict",
        `The folder ${real} and the share ${other} lie one in the other.`,
        "Share the outer one alone, and exclude what should not be seen.",
      );
    }
  }
}

/** Longer aliases would leave no room for names in hits. */
const ALIAS_UNITS_MAX = 100;

/** The asked name, or one made from the folder's that no other share has. Throws `conflict` or `share_refused`. */
export function shareAlias(asked: string | undefined, real: string, taken: readonly string[]): string {
  if (asked !== undefined) {
    if (!isAlias(asked)) {
      throw new ServentError(
        "share_refused",
        `A share cannot be called "${asked}".`,
        `Use 1 to ${ALIAS_UNITS_MAX} characters without / and control characters, and not . or ..`,
      );
    }
    if (taken.includes(asked)) {
      throw new ServentError("conflict", `Another share is called "${asked}".`, "Choose another name with `--as`.");
    }
    return asked;
  }
  const base = isAlias(basename(real)) ? basename(real) : "share";
  for (let n = 1; ; n++) {
    const alias = n === 1 ? base : `${base} ${n}`;
    if (!taken.includes(alias)) return alias;
  }
}

function isAlias(text: string): boolean {
  if (text === "" || text === "." || text === ".." || text !== text.trim() || text.length > ALIAS_UNITS_MAX)
    return false;
  return !/[/\\\p{Cc}]/u.test(text);
}
