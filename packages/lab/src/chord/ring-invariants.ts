// What must hold of a ring at every moment, after Zave's inductive invariant (arXiv 1502.06461), and what must come about when
// nothing changes any more: the ideal ring.
import type { Address } from "@servent/overlay/host/host.ts";
import type { Peer } from "@servent/overlay/protocols/chord/messages.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { Ring, ringSpace } from "./chord-world.ts";

/** What is wrong with the lists of these members, in words; undefined: nothing. `principalsLeast` is r + 1. */
export function brokenInvariant(members: readonly ChordNode<number>[], principalsLeast: number): string | undefined {
  const lonely = lonelyMember(members);
  if (lonely !== undefined) return lonely;
  for (const node of members) {
    if (isInOrder(node.id, node.successors)) continue;
    return `the successors of peer ${node.self.address} are not in the order of the ring`;
  }
  const principals = members.filter(({ id }) => members.every((other) => !skips(other, id)));
  if (principals.length >= principalsLeast) return undefined;
  return `${principals.length} peers are skipped by nobody's list, where ${principalsLeast} must be`;
}

/** A member whose list names nobody who lives, in words. This must hold in every ring, however small and young. */
export function lonelyMember(members: readonly ChordNode<number>[]): string | undefined {
  const living = new Set<Address>(members.map(({ self }) => self.address));
  for (const { self, successors } of members) {
    if (successors.length === 0) return `peer ${self.address} has no successor`;
    if (!successors.some(({ address }) => living.has(address))) return `peer ${self.address} has no living successor`;
  }
  return undefined;
}

/** What a ring lacks to be ideal, in words; undefined: every predecessor and every list is right. */
export function lacksToIdeal(members: readonly ChordNode<number>[], successors: number): string | undefined {
  const ring = new Ring(members);
  for (const node of members) {
    const rank = ring.rankOf(node.id);
    const { predecessor } = node;
    const list = node.successors;
    const name = `peer ${node.self.address}`;
    const before = ring.peer(rank - 1);
    if (ring.size > 1 && predecessor?.address !== before.address) {
      return `the predecessor of ${name} is ${predecessor?.address ?? "nobody"}, where it must be ${before.address}`;
    }
    for (let i = 0; i < successors; i++) {
      const due = ring.peer(rank + 1 + i);
      if (list[i]?.address === due.address) continue;
      return `successor ${i + 1} of ${name} is ${list[i]?.address ?? "nobody"}, where it must be ${due.address}`;
    }
  }
  return undefined;
}

/** Once around at the most, each entry further than the one before. */
function isInOrder(me: number, list: readonly Peer<number>[]): boolean {
  let reached = 0;
  for (const { id } of list) {
    const way = ringSpace.distance(me, id);
    // A list that has been around begins anew.
    if (way === 0) return true;
    if (way <= reached) return false;
    reached = way;
  }
  return true;
}

/** Do two neighbours in [node] + list strictly enclose the id? */
function skips(node: ChordNode<number>, id: number): boolean {
  const { space } = node;
  let before = node.id;
  for (const { id: next } of node.successors) {
    const way = space.distance(before, id);
    if (way > 0 && way < space.distance(before, next)) return true;
    before = next;
  }
  return false;
}
