// Who shares a file in the directory, and a file that was found there.
import type { SharedFile } from "../shared-file.ts";

/** Whoever shares files; a number that is given out again after he has gone. */
export type Owner = number;

/** A file that is in the directory. The number is given out again after the file has gone. */
export type FileId = number;

export interface FoundFile extends SharedFile {
  readonly owner: Owner;
}
