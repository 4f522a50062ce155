// What a client is told about itself, and what it asks of whoever runs it.
import type { Address } from "../../host/host.ts";
import type { SharedFile } from "./shared-file.ts";

export interface NapsterOptions {
  /** The name we would like; where it is taken, digits are put behind it. Byte text. */
  readonly nick: string;
  /** For servers that our owner named. Goes over the wire in clear. Byte text without blanks. */
  readonly password: string;
  /** For any other server: another one for each, or it could log in with ours as us elsewhere. The same each time. */
  readonly passwordAt: (server: Address) => string;
  /** Name and version of the program. */
  readonly client: string;
  /** 0 unknown … 10, as in login.ts. */
  readonly linkSpeed: number;
  /** Where peers reach us; 0: nobody can, so they ask us to call them. */
  readonly dataPort: number;
  /** Index servers to be logged in to at the same time: when one dies, the others still know us. */
  readonly servers: number;
  /** Whether an address that a server or peer told us may be dialled. */
  readonly accepts: (address: Address) => boolean;
}

/** What we offer. */
export interface NapsterLibrary {
  /** Grows with every change. */
  readonly version: number;
  /** Paths are different; at most `CLIENT_LIMITS.sharesMax` are registered. Asked once per version. */
  files(): readonly SharedFile[];
}

/** How a request for a file of ours is answered. */
export type UploadVerdict =
  | { readonly kind: "accepted" }
  /** All places are taken; `slots` of them are there. */
  | { readonly kind: "full"; readonly slots: number }
  | { readonly kind: "unavailable" };

export interface NapsterUploads {
  /** `nick` wants the file that we registered under `path`. */
  request(nick: string, path: string): UploadVerdict;
}
