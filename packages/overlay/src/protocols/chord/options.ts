// What a Chord node is told about itself.
import type { Millis } from "../../host/host.ts";
import type { Peer } from "./messages.ts";
import type { Patience } from "./requests.ts";

/**
 * `repaired`: Zave's corrections, with which a ring once ideal never breaks while no member loses all its successors at once.
 * `original`: as published in 2001 and 2003, kept to show what is wrong with it; it adopts pointers unseen.
 */
export type Upkeep = "repaired" | "original";

export interface ChordOptions<Id> extends Patience {
  readonly upkeep: Upkeep;
  /** Each round of stabilization, and each refresh of one finger, comes after a time drawn from here. */
  readonly roundMs: readonly [least: Millis, most: Millis];
  /** Off only where an experiment keeps its tables still. */
  readonly rounds: boolean;
  /**
   * Rounds that refresh no finger, after all fingers were refreshed. In the paper's runs they take turns with the entries of the
   * successor list, so these are as many; the list is copied from the first successor in every round anyway.
   */
  readonly restRounds: number;
  /** Next peers that one answer of an iterative lookup names. */
  readonly alternatives: number;
  /**
   * A node whose successor list reaches the key names its owner, not only the owner's predecessor does: shorter by half the
   * logarithm of the list, as in the paper's runs. But who joined lately is in few lists.
   */
  readonly listEnds: boolean;
  /** Silent peers that one node may name to a lookup, one after the other, before the lookup goes around that node. */
  readonly silentMax: number;
  /** Send recursive lookups of others on? Their origin is taken on trust, so servents do not. */
  readonly sendsOn: boolean;
  /** A lookup asks the owner whether it is there before it says who owns the key. */
  readonly confirms: boolean;
  /** Peers that were silent are taken out of the tables. Off only where an experiment keeps its tables still. */
  readonly forgets: boolean;
  /** Times that a recursive lookup is sent before it has failed. */
  readonly routeTries: number;
  /** How long one of those waits. */
  readonly routeTimeoutMs: Millis;
  /** May we keep or ask a peer that others told us of? Here a servent checks the address, and that the id fits it. */
  readonly accepts: (peer: Peer<Id>) => boolean;
  /** Serve each host only so much in a second. */
  readonly rations: boolean;
}

/** What suits real lines; experiments say what differs. */
export const USUAL_OPTIONS = {
  upkeep: "repaired",
  roundMs: [8000, 12_000],
  rounds: true,
  restRounds: 0,
  timeoutMs: 1000,
  tries: 2,
  alternatives: 3,
  listEnds: false,
  silentMax: 3,
  sendsOn: true,
  confirms: true,
  forgets: true,
  routeTries: 2,
  routeTimeoutMs: 3000,
  accepts: () => true,
  rations: false,
} as const satisfies ChordOptions<unknown>;
