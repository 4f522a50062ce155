// A graph that grows as Gnutella did: one host after another joins through somebody's list of hosts. A newcomer asks a host,
// any of those that are there, gets the list that this one knows, picks from it whom to link with, and keeps the list as its
// own. Those it linked with put it into their lists, in the place of anybody.
import { assert } from "@servent/overlay/base/assert.ts";
import type { RandomStream } from "../engine/random.ts";
import { EdgeList, type Graph } from "./graph.ts";

export interface GrownByJoinsOptions {
  readonly nodes: number;
  /** Links that a newcomer opens. The mean degree is nearly twice as many. */
  readonly links: number;
  /**
   * Hosts on a list. A host that stands on many lists is copied into many new ones, so the rich grow richer, the more slowly
   * the more often entries are replaced: the tail of the degrees is a power law with an exponent near 1 + known / (known - links).
   */
  readonly known: number;
}

/** Gnutella's programs kept a few hundred hosts at most and told of ten at a time. */
export const KNOWN_MAX = 200;

/** An entry takes 4 bytes: 200 MB for a million hosts that know 50 each. */
export const LIST_ENTRIES_MAX = 50_000_000;

export function grownByJoins({ nodes, links, known }: GrownByJoinsOptions, random: RandomStream): Graph {
  assert(links >= 1 && known > links && known <= KNOWN_MAX, "a list is longer than the links that are wanted of it");
  assert(nodes * known <= LIST_ENTRIES_MAX, "all lists together have at most LIST_ENTRIES_MAX entries");
  const edges = new EdgeList(nodes);
  const lists = new HostLists(nodes, known, random);
  const choice = new Int32Array(known + 1);
  for (let newcomer = 1; newcomer < nodes; newcomer++) {
    const asked = random.below(newcomer);
    const offered = lists.copy(asked, newcomer, choice);
    const wanted = Math.min(links, offered);
    for (let i = 0; i < wanted; i++) {
      // The first `i` are taken; one of the others comes to their end.
      const at = i + random.below(offered - i);
      const chosen = choice[at] as number;
      choice[at] = choice[i] as number;
      choice[i] = chosen;
      edges.add(chosen, newcomer);
      lists.learn(chosen, newcomer);
    }
    lists.learn(newcomer, asked);
  }
  return edges.graph();
}

/** What every host knows: a row of `known` hosts for each, filled from the front. */
class HostLists {
  private readonly known: number;
  private readonly random: RandomStream;
  private readonly hosts: Int32Array;
  private readonly counts: Uint8Array;

  constructor(nodes: number, known: number, random: RandomStream) {
    this.known = known;
    this.random = random;
    this.hosts = new Int32Array(nodes * known);
    this.counts = new Uint8Array(nodes);
  }

  /** Gives the list of one host to another; `choice` gets the list and the host itself. Answers how many those are. */
  copy(from: number, to: number, choice: Int32Array): number {
    const count = this.counts[from] as number;
    const start = from * this.known;
    this.hosts.copyWithin(to * this.known, start, start + count);
    this.counts[to] = count;
    choice.set(this.hosts.subarray(start, start + count));
    choice[count] = from;
    return count + 1;
  }

  /** Nobody stands on a list twice, nor on its own. */
  learn(host: number, other: number): void {
    const start = host * this.known;
    const count = this.counts[host] as number;
    if (host === other || this.hosts.subarray(start, start + count).includes(other)) return;
    if (count < this.known) {
      this.hosts[start + count] = other;
      this.counts[host] = count + 1;
    } else {
      this.hosts[start + this.random.below(this.known)] = other;
    }
  }
}
