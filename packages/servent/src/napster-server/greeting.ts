// The file with the greeting that users see when they log in.
import { readFileSync } from "node:fs";
import { SERVER_LIMITS } from "@servent/overlay/protocols/napster/server/limits.ts";
import { ServentError } from "../base/servent-error.ts";

/** All control characters but tab, line feed and carriage return. */
const CONTROLS = /[^\P{Cc}\t\n\r]/u;

/**
 * Its lines, as many as clients are sent. Throws ServentError `invalid_value` where the file cannot be read or is no text.
 * @param tell Hears, in words, what is left out.
 */
export function readGreeting(file: string, tell: (news: string) => void): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trimEnd();
  } catch (cause) {
    throw new ServentError("invalid_value", `${file} cannot be read.`, "It is the text that users see first.", {
      cause,
    });
  }
  if (CONTROLS.test(text)) {
    throw new ServentError("invalid_value", `${file} is no text.`, "It holds characters that no terminal shows.");
  }
  const { motdLinesMax, motdLineCharsMax } = SERVER_LIMITS;
  const lines = text.split(/\r?\n/);
  if (lines.length > motdLinesMax) tell(`users see the first ${motdLinesMax} of the ${lines.length} lines of ${file}`);
  const long = lines.findIndex((line) => line.length > motdLineCharsMax);
  if (long >= 0 && long < motdLinesMax) {
    tell(`users see ${motdLineCharsMax} characters of a line of ${file}: line ${long + 1} is longer`);
  }
  return lines.slice(0, motdLinesMax);
}
