// Lookups that start at an even rate, each from a random peer; and a run that ends when all have an answer.
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import type { ChordWorld } from "../../chord/chord-world.ts";
import type { RandomStream } from "../../engine/random.ts";
import type { RunContext } from "../program.ts";

export const KINDS = ["iterative", "recursive"] as const;
export type Kind = (typeof KINDS)[number];

interface SteadyLookups {
  readonly count: number;
  readonly kind: Kind;
  /** The time in which they start. */
  readonly overMs: Millis;
  /** How long the last of them may take; what is not answered then never will be. */
  readonly patienceMs: Millis;
  /** Draws who asks, and for what. */
  readonly random: RandomStream;
  readonly origins: readonly ChordNode<number>[];
  readonly key: (random: RandomStream) => number;
  readonly onResult: (origin: Address, result: LookupResult<number>) => void;
}

/** How many were not answered. */
export function runLookups(
  { world, listener }: ChordWorld,
  { count, kind, overMs, patienceMs, random, origins, key, onResult }: SteadyLookups,
  progress: RunContext["progress"],
): number {
  let answered = 0;
  listener.onLookup = (origin, result) => {
    answered++;
    onResult(origin, result);
  };
  let started = 0;
  for (let ms = 1; ms <= overMs; ms++) {
    const askers: ChordNode<number>[] = [];
    const keys: number[] = [];
    for (const due = Math.floor((count * ms) / overMs); started < due; started++) {
      askers.push(origins[random.below(origins.length)] as ChordNode<number>);
      keys.push(key(random));
    }
    world.fetch(askers.map(({ address }) => address));
    for (const [at, asker] of askers.entries()) {
      if (kind === "iterative") asker.lookup(keys[at] as number);
      else asker.route(keys[at] as number);
    }
    world.runFor(1);
    progress(answered, count, "lookups");
  }
  world.runUntil(() => answered === count, patienceMs);
  progress(answered, count, "lookups");
  return count - answered;
}
