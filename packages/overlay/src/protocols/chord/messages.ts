// Chord's messages, all datagrams. A request carries a token of 32 random bits and its answer the same one: an answer that
// matches no open request, in token and in sender, is dropped, so nobody can answer for another.
import type { Address } from "../../host/host.ts";

/** A member of the ring, as it goes from mouth to mouth: heap objects exist in messages and answers only. */
export interface Peer<Id> {
  readonly id: Id;
  readonly address: Address;
}

/** Who has a file: a small record under a key, with a life of its own. The replicated store is not this. */
export interface Record {
  /** Where the provider takes connections; the storing peer fills in the host that it saw. */
  readonly provider: Address;
  /** What the application says of the file: opaque here, bounded in limits.ts. */
  readonly value: Uint8Array;
}

export type Message<Id> =
  /** Are you there? */
  | { readonly kind: "ping"; readonly token: number }
  | { readonly kind: "pong"; readonly token: number }
  /** What is your predecessor, and who follows you? */
  | { readonly kind: "ask-neighbours"; readonly token: number }
  | {
      readonly kind: "neighbours";
      readonly token: number;
      readonly id: Id;
      readonly predecessor: Peer<Id> | undefined;
      readonly successors: readonly Peer<Id>[];
    }
  /** I am in the middle of a change of my own state; ask again. */
  | { readonly kind: "busy"; readonly token: number }
  /** I believe to be your predecessor. */
  | { readonly kind: "notify"; readonly id: Id }
  /** Somebody joined between us: look at your successor again. */
  | { readonly kind: "look-again" }
  /** One step of an iterative lookup. `avoid`: peers that did not answer the asker. */
  | { readonly kind: "find"; readonly token: number; readonly key: Id; readonly avoid: readonly Address[] }
  /** The next peers to ask, best first; `isOwner`: the first owns the key, and the others follow it on the ring. */
  | { readonly kind: "found"; readonly token: number; readonly isOwner: boolean; readonly peers: readonly Peer<Id>[] }
  /**
   * A recursive lookup on its way. `hops` counts the times that it was sent, this one included; `isLast`: the sender
   * believes that the receiver owns the key.
   */
  | {
      readonly kind: "route";
      readonly token: number;
      readonly key: Id;
      readonly origin: Address;
      readonly hops: number;
      readonly isLast: boolean;
    }
  /** The owner's answer to the origin of a recursive lookup. */
  | { readonly kind: "arrived"; readonly token: number; readonly id: Id; readonly hops: number }
  /**
   * I leave the ring; these were my neighbours. It counts only as the answer to a ping, which the receiver of one with
   * another token sends at once: so nobody can send somebody else away.
   */
  | {
      readonly kind: "leave";
      readonly token: number;
      readonly predecessor: Peer<Id> | undefined;
      readonly successors: readonly Peer<Id>[];
    }
  /** What is kept under a key, after the first `skip` records? The answer carries a permit for storing from this address. */
  | { readonly kind: "fetch"; readonly token: number; readonly key: Id; readonly skip: number }
  | {
      readonly kind: "records";
      readonly token: number;
      readonly permit: number;
      /** How many there are in all; a datagram holds those that fit, in the order in which they came. */
      readonly total: number;
      readonly records: readonly Record[];
    }
  | {
      readonly kind: "store";
      readonly token: number;
      readonly permit: number;
      readonly key: Id;
      readonly record: Record;
      /** Seconds that it asks to be kept. 0 takes the record back. */
      readonly seconds: number;
    }
  /** Kept for so many seconds; 0: refused. */
  | { readonly kind: "stored"; readonly token: number; readonly seconds: number };

export type Kind = Message<unknown>["kind"];
