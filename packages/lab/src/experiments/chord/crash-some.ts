// A share of all peers crashes at one instant.
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import type { ChordWorld } from "../../chord/chord-world.ts";
import { shuffle } from "../../random-draws.ts";

/** Who is left, at least one. */
export function crashSome({ world, nodes, peers }: ChordWorld, share: number): ChordNode<number>[] {
  const order = Int32Array.from(nodes.keys());
  shuffle(order, world.random("failures"));
  const failing = Math.min(Math.floor(share * nodes.length + 0.5), nodes.length - 1);
  for (const address of order.subarray(0, failing)) {
    const peer = peers[address];
    if (peer !== undefined) world.crash(peer);
  }
  return nodes.filter((_, address) => peers[address]?.alive === true);
}
