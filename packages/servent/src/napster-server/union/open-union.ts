// What the index server holds of its union, whichever carries it.
import { isServerName } from "@servent/overlay/protocols/napster/mesh/codec.ts";
import type { Union } from "@servent/overlay/protocols/napster/server/union.ts";
import { ServentError } from "../../base/servent-error.ts";

export interface OpenUnion extends Union {
  /** Says goodbye to the other servers, and ends. */
  close(): Promise<void>;
}

/** Throws ServentError `invalid_value` where a server may not be called so. */
export function checkServerName(name: string): void {
  if (isServerName(name)) return;
  throw new ServentError(
    "invalid_value",
    `"${name}" is no name for a server of a union.`,
    "Use 1 to 64 letters, digits and signs without blanks.",
  );
}
