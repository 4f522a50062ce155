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
 * Globs know `*`, `?`, `[a-z]`, `[!a-z]` and, across folders, `**`. One without `/` is held against names at any depth,
 * one with `/` against the path in the share. Capitals do not matter. `.*` is lifted where hidden files are wanted.
 */
export function exclusion(globs: readonly string[], hidden: boolean): Exclusion {
  const rules = globs
    .filter((glob) => glob !== "" && !(hidden && glob === ".*"))
    .map((glob) => ({ glob, whole: glob.includes("/"), pattern: globPattern(glob.replace(/^\/|\/$/g, "")) }));
  return (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!hidden && name.startsWith(".")) return "hidden";
    const rule = rules.find(({ whole, pattern }) => pattern.test(whole ? path : name));
    return rule === undefined ? undefined : `matches ${rule.glob}`;
  };
}

function globPattern(glob: string): RegExp {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at] as string;
    const set = letter === "[" ? /^\[(!?)([^\]/]+)\]/.exec(glob.slice(at)) : null;
    if (set !== null) {
      const inside = (set[2] as string).replace(/[\\^[\]]/g, "\\$&");
      source += `[${set[1] === "!" ? "^/" : ""}${inside}]`;
      at += set[0].length - 1;
    } else if (glob.startsWith("**/", at)) {
      source += "(?:[^/]+/)*";
      at += 2;
    } else if (glob.startsWith("**", at)) {
      source += ".*";
      at += 1;
    } else if (letter === "*") {
      // Several stars in a row mean one, and would only make the matcher slow.
      if (!source.endsWith("[^/]*")) source += "[^/]*";
    } else if (letter === "?") source += "[^/]";
    else source += letter.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "isu");
  } catch {
    // A range that runs backwards, as in `[z-a]`: it can match nothing but itself.
    return new RegExp(`^${glob.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}$`, "isu");
  }
}
