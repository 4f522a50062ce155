// Writes a file so that a crash at any moment leaves the old one or the new one, never a part: beside it, then renamed.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface WholeFileOptions {
  /** Who may read it: `0o600`. */
  readonly mode: number;
  /** Its name until it is whole; `file` and `.new` where absent. Processes that write one file at a time need one each. */
  readonly temporary?: string;
  /** Called when the new file is whole and has not yet taken the place of the old one. */
  readonly beforeSwap?: () => void;
}

/** Its folder must be there. Throws the system's error, and then the old file is as it was. */
export function writeWholeFile(file: string, text: string, options: WholeFileOptions): void {
  const { mode, temporary = `${file}.new`, beforeSwap } = options;
  // Left over from a crash.
  rmSync(temporary, { force: true });
  const handle = openSync(temporary, "wx", mode);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  beforeSwap?.();
  renameSync(temporary, file);
  const folder = openSync(path.dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
