// Which names stay out of a share: the junk that systems leave, hidden files, and the user's own globs.

/** What nobody means to share. */
export const JUNK: readonly string[] = [
  ".*",
  "Thumbs.db",
  "desktop.ini",
  ".DS_Store",
  "._*",
  "@eaDir",
  "$RECYCLE.BIN",
  "System Volume Information",
  ".Trash-*",
  "*.part",
  "*.!*",
];

/** Why a path is excluded, in words, or undefined where it is not. The path is relative to the share. */
export type Exclusion = (path: string) => string | undefined;

/**
 * Globs know `*`, `?`, `[a-z]`, `[!a-z]` and, for any number of folders, `**`. One without `/` is held against names at
 * any depth, one with `/` against the path in the share. Capitals do not matter. `.*` is lifted where hidden files are
 * wanted.
 */
export function exclusion(globs: readonly string[], hidden: boolean): Exclusion {
  const rules = globs
    .filter((glob) => glob !== "" && !(hidden && glob === ".*"))
    .map((glob) => ({ glob, fits: glob.includes("/") ? pathGlob(glob) : nameGlob(glob) }));
  return (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!hidden && name.startsWith(".")) return "hidden";
    const rule = rules.find(({ glob, fits }) => fits(glob.includes("/") ? path : name));
    return rule === undefined ? undefined : `matches ${rule.glob}`;
  };
}

type Test = (text: string) => boolean;

/** Stands for any number of what is compared. */
const ANY = Symbol("any");

function pathGlob(glob: string): Test {
  const parts = glob
    .replace(/^\/|\/$/g, "")
    .split("/")
    .map((part) => (part === "**" ? ANY : nameGlob(part)));
  return (path) => fitsAll(parts, path.split("/"));
}

function nameGlob(glob: string): Test {
  const letters: (Test | typeof ANY)[] = [];
  const folded = glob.toLowerCase();
  // A set, or one character.
  for (const [part = "", not, set] of folded.matchAll(/\[(!?)([^\]]+)\]|./gsu)) {
    if (part === "*") letters.push(ANY);
    else if (part === "?") letters.push(() => true);
    else if (set === undefined) letters.push((letter) => letter === part);
    else letters.push((letter) => isInSet(letter, set) !== (not === "!"));
  }
  return (name) => fitsAll(letters, Array.from(name.toLowerCase()));
}

/** `set` has characters, and ranges of them like `a-z`. */
function isInSet(letter: string, set: string): boolean {
  for (const [part, low, high] of set.matchAll(/(.)-(.)|./gsu)) {
    if (low === undefined || high === undefined ? part === letter : low <= letter && letter <= high) return true;
  }
  return false;
}

/** Only the last ANY is ever tried again, so the time is at most the product of the lengths; a RegExp's is not. */
function fitsAll(pattern: readonly (Test | typeof ANY)[], text: readonly string[]): boolean {
  let at = 0;
  let here = 0;
  let retryAt = -1;
  let retryHere = 0;
  while (here < text.length) {
    const part = pattern[at];
    if (part === ANY) {
      retryAt = ++at;
      retryHere = here;
    } else if (part?.(text[here] as string) === true) {
      at++;
      here++;
    } else if (retryAt >= 0) {
      at = retryAt;
      here = ++retryHere;
    } else return false;
  }
  return pattern.slice(at).every((part) => part === ANY);
}
