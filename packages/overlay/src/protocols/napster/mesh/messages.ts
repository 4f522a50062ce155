// What two of our servers say to each other on a link of the mesh.
import type { Address } from "../../../host/host.ts";

/** A server's own number, drawn when it starts: 16 hex digits. Its name belongs to people, this to tables. */
export type ServerId = string;

/**
 * What is dropped last, and what first, where a link is congested: words to one server, answers, searches, and the lists of what one
 * user shares, hundreds of messages for one person who can ask again.
 */
export const RANKS = ["word", "hits", "search", "browse"] as const;
export type Rank = (typeof RANKS)[number];

export type MeshMessage =
  /** The first word of both sides, who dialled first. */
  | {
      readonly kind: "hello";
      readonly name: string;
      readonly id: ServerId;
      /** 16 bytes that were never used before. */
      readonly nonce: Uint8Array;
      /** Where others may dial this server; undefined: nowhere. */
      readonly address: Address | undefined;
    }
  /** That the sender knows the key of the union: see proof.ts. */
  | { readonly kind: "proof"; readonly code: Uint8Array }
  /** The sender hangs up, and why, for people. `others`: neighbours of its own, for who has proved the key. */
  | { readonly kind: "goodbye"; readonly reason: string; readonly others: readonly Address[] }
  /** A server lives. Flooded; the second copy of a number only shows another way to it. */
  | {
      readonly kind: "beat";
      readonly origin: ServerId;
      readonly name: string;
      readonly address: Address | undefined;
      readonly number: number;
      /** It leaves: this is its last. */
      readonly isLast: boolean;
      /** Servers that passed it on, the sender last; empty from the origin itself. */
      readonly path: readonly ServerId[];
    }
  /** A message between two servers, or several. */
  | Envelope
  /** So many envelopes have been received over this link since it opened. */
  | { readonly kind: "received"; readonly envelopes: number };

export interface Envelope {
  readonly kind: "envelope";
  readonly origin: ServerId;
  /** The origin's own, never used twice. */
  readonly number: number;
  readonly rank: Rank;
  /** Links it has passed, this one not included. */
  readonly hops: number;
  /** Whom the receiver of this copy delivers it to: itself, or servers that it knows a way to. */
  readonly to: readonly ServerId[];
  /** A UnionMessage, as union-codec.ts writes it: servers on the way need not read it. */
  readonly payload: Uint8Array;
}

export type Hello = Extract<MeshMessage, { kind: "hello" }>;
export type Beat = Extract<MeshMessage, { kind: "beat" }>;
export type Goodbye = Extract<MeshMessage, { kind: "goodbye" }>;
