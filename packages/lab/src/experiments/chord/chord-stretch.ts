// How long lookups take on a network with places, against asking the owner directly (ToN 2003, §V-F): each finger is the
// nearest, by latency, of the first few peers that could be it.
import type { Address, Millis } from "@servent/overlay/host/host.ts";
import type { Peer } from "@servent/overlay/protocols/chord/messages.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { type ChordWorld, randomId, type Ring, RING_BITS, ringSpace } from "../../chord/chord-world.ts";
import { WholeCounts } from "../../measures/distribution.ts";
import { QuantileSketch } from "../../measures/quantile-sketch.ts";
import { space3d } from "../../network/space-latency.ts";
import { transitStub } from "../../network/transit-stub-latency.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { idealRing, memoryOf } from "./ideal-ring.ts";
import { numberOf, wordOf } from "../setting-values.ts";
import { type Kind, KINDS, runLookups } from "./steady-lookups.ts";

const NETWORKS = ["space-3d", "transit-stub"] as const;

/** Between two random peers of the cube, one way. So long that whole milliseconds are exact enough. */
const MEAN_MS = 200;

/** The time in which the lookups of one kind start. */
const OVER_MS = 10_000;

/** Nobody is silent: longer than any lookup. */
const PATIENCE_MS = 120_000;

export const chordStretch: Program = {
  name: "chord-stretch",
  summary: "time that lookups in an ideal Chord ring take, as a multiple of a direct question to the owner",
  settings: {
    peers: { default: 65_536, least: 2, most: 1_000_000, whole: true, summary: "peers in the ring" },
    network: { default: "space-3d", choices: NETWORKS, summary: "where the peers are" },
    successors: {
      default: 1,
      least: 1,
      most: 64,
      whole: true,
      summary: "peers among which each finger is the nearest; also the length of the successor list",
    },
    lookups: { default: 10_000, least: 1, most: 10_000_000, whole: true, summary: "lookups of each kind" },
  },

  memory: (settings) => memoryOf(numberOf(settings, "peers"), numberOf(settings, "successors"), false),

  run(context: RunContext): Findings {
    const { seed, settings, progress } = context;
    const successors = numberOf(settings, "successors");
    const network = wordOf(settings, "network", NETWORKS);
    const latency = network === "space-3d" ? space3d(seed, MEAN_MS) : transitStub(seed);
    const { chord, ring } = idealRing(context, {
      latency,
      peers: numberOf(settings, "peers"),
      successors,
      // The paper's lookups end where a successor list reaches the key: so say the model and the path lengths printed there.
      node: { listEnds: true, confirms: false, timeoutMs: PATIENCE_MS, routeTimeoutMs: PATIENCE_MS },
    });
    const { world } = chord;
    const place = world.random("places");
    const oneWayMs: OneWay = (from, to) => Math.max(1, Math.ceil(latency(from, to, place)));
    chooseNearFingers(chord, ring, successors, oneWayMs);

    const measured = new Map(KINDS.map((kind) => [kind, new Measured()]));
    let wrong = 0;
    let unanswered = 0;
    for (const [kind, { stretch, delivered, hops }] of measured) {
      unanswered += runLookups(
        chord,
        {
          count: numberOf(settings, "lookups"),
          kind,
          overMs: OVER_MS,
          patienceMs: PATIENCE_MS,
          random: world.random(`${kind} lookups`),
          origins: chord.nodes,
          key: randomId,
          onResult: (origin, { key, owner, hops: length, ms }) => {
            if (owner === undefined || !chord.routes.owns(owner.address, key)) {
              wrong++;
              return;
            }
            // Nobody asks himself over the network.
            if (owner.address === origin) return;
            hops.add(length);
            const directMs = oneWayMs(origin, owner.address) + oneWayMs(owner.address, origin);
            delivered.add(ms / directMs);
            if (kind === "iterative") stretch.add(ms / directMs);
            else stretch.add((ms - detourMs(chord, origin, owner.address, key, oneWayMs)) / directMs);
          },
        },
        progress,
      );
    }
    const values = Array.from(measured, ([kind, each]) => Object.entries(each.values(kind)));
    return {
      values: { ...Object.fromEntries(values.flat()), wrong, unanswered },
      tables: Object.fromEntries(Array.from(measured, ([kind, { hops }]) => [`${kind}Hops`, hops.table("hops")])),
      digest: world.digest(),
      events: world.events,
    };
  },
};

/** What the lookups of one kind took. */
class Measured {
  /** As the paper has it: whoever knows the owner tells the asker. */
  readonly stretch = new QuantileSketch();
  /** As ours do: a recursive lookup goes on to the owner, who answers. */
  readonly delivered = new QuantileSketch();
  readonly hops = new WholeCounts();

  values(kind: Kind): Findings["values"] {
    return {
      [`${kind}.median`]: this.stretch.quantile(0.5),
      [`${kind}.p10`]: this.stretch.quantile(0.1),
      [`${kind}.p90`]: this.stretch.quantile(0.9),
      [`${kind}.delivered`]: this.delivered.quantile(0.5),
      [`${kind}.hops`]: this.hops.mean,
    };
  }
}

type OneWay = (from: Address, to: Address) => Millis;

/** How much longer a recursive lookup took because it went on from the peer that knew the owner to the owner itself. */
function detourMs({ nodes }: ChordWorld, origin: Address, owner: Address, key: number, oneWayMs: OneWay): Millis {
  let knowing = origin;
  for (;;) {
    const { isOwner, peers } = (nodes[knowing] as ChordNode<number>).step(key, []);
    if (isOwner) break;
    knowing = (peers[0] as Peer<number>).address;
  }
  const fromThere = knowing === origin ? 0 : oneWayMs(knowing, origin);
  return oneWayMs(knowing, owner) + oneWayMs(owner, origin) - fromThere;
}

/** Each finger becomes the nearest of the first `count` peers at its distance. */
function chooseNearFingers({ nodes, routes }: ChordWorld, ring: Ring, count: number, oneWayMs: OneWay): void {
  for (const { self } of nodes) {
    for (let exponent = routes.leastExponent; exponent < RING_BITS; exponent++) {
      const first = routes.finger(self.address, exponent);
      if (first === undefined) continue;
      routes.setFinger(
        self.address,
        exponent,
        nearestFrom(ring, ring.rankOf(first.id), count, exponent, self, oneWayMs),
      );
    }
  }
}

function nearestFrom(
  ring: Ring,
  rank: number,
  count: number,
  exponent: number,
  self: Peer<number>,
  oneWayMs: OneWay,
): Peer<number> {
  let nearest = ring.peer(rank);
  let leastMs = oneWayMs(self.address, nearest.address);
  for (let i = 1; i < count; i++) {
    const peer = ring.peer(rank + i);
    const distance = ringSpace.distance(self.id, peer.id);
    // Beyond, it would be the next finger.
    if (distance === 0 || ringSpace.log2(distance) !== exponent) break;
    const ms = oneWayMs(self.address, peer.address);
    if (ms >= leastMs) continue;
    nearest = peer;
    leastMs = ms;
  }
  return nearest;
}
