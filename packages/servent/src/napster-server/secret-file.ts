// A file that holds passwords or a key beside what it says.
import { readFileSync, statSync } from "node:fs";
import { ServentError } from "../base/servent-error.ts";

/** Bits of a file's mode that let others than its owner at it. */
const OTHERS = 0o077;

/**
 * Its text. Throws ServentError `invalid_value` where it cannot be read.
 * @param purpose A sentence: what the file is for.
 * @param tell Hears, in words, where others can read the file too; it is taken all the same.
 */
export function readSecretFile(file: string, purpose: string, tell: (warning: string) => void): string {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(file, "utf8");
    ({ mode } = statSync(file));
  } catch (cause) {
    throw new ServentError("invalid_value", `${file} cannot be read.`, purpose, { cause });
  }
  if ((mode & OTHERS) !== 0) tell(`others can read ${file}, which holds secrets; \`chmod 600\` keeps them out`);
  return text;
}
