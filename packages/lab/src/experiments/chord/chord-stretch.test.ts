import type { Address } from "@servent/overlay/host/host.ts";
import { expect, test } from "vitest";
import { randomId } from "../../chord/chord-world.ts";
import { RandomStream } from "../../engine/random.ts";
import { space3d } from "../../network/space-latency.ts";
import { chordStretch } from "./chord-stretch.ts";
import { PaperRing } from "./paper-ring.ts";
import { runProgram } from "../program-run.ts";

const PEERS = 64;
const LOOKUPS = 101;

/** Stretches in ascending order: to who knows the owner, and through the owner. */
interface Expected {
  readonly told: number[];
  readonly delivered: number[];
}

/** From the definitions: each finger the nearest of the first few in its octave, and a list that ends the lookup. */
function expected(seed: string, s: number, kind: "iterative" | "recursive"): Expected {
  const ids = new RandomStream(seed, "purpose/ids");
  const ring = new PaperRing(Array.from({ length: PEERS }, () => randomId(ids)));
  const latency = space3d(seed, 200);
  const ms = (from: Address, to: Address): number => Math.max(1, Math.ceil(latency(from, to, ids)));
  const fingers = (at: Address): Address[] => {
    const found: Address[] = [];
    for (let octave = 1; octave < 2 ** 52; octave *= 2) {
      const inside = ring
        .from(ring.id(at))
        .filter((peer) => ring.distance(ring.id(at), ring.id(peer)) >= octave)
        .filter((peer) => ring.distance(ring.id(at), ring.id(peer)) < 2 * octave);
      const near = inside.slice(0, s).sort((a, b) => ms(at, a) - ms(at, b));
      if (near[0] !== undefined) found.push(near[0]);
    }
    return found;
  };
  const lookups = new RandomStream(seed, `purpose/${kind} lookups`);
  const told: number[] = [];
  const delivered: number[] = [];
  for (let i = 0; i < LOOKUPS; i++) {
    const origin = lookups.below(PEERS);
    const key = randomId(lookups);
    const owner = ring.owner(key);
    if (owner === origin) continue;
    let at = origin;
    let took = 0;
    while (!ring.successors(at, s).includes(owner)) {
      const way = ring.distance(ring.id(at), key);
      const far = (peer: Address): number => ring.distance(ring.id(at), ring.id(peer));
      const known = [...fingers(at), ...ring.successors(at, s)].filter((peer) => far(peer) < way);
      const next = known.sort((a, b) => far(b) - far(a))[0] as Address;
      took += kind === "iterative" ? ms(origin, next) + ms(next, origin) : ms(at, next);
      at = next;
    }
    const direct = ms(origin, owner) + ms(owner, origin);
    if (kind === "iterative") {
      // A peer that knows the answer at once still tells it a millisecond later.
      told.push(Math.max(took, 1) / direct);
    } else {
      told.push((at === origin ? 0 : took + ms(at, origin)) / direct);
      delivered.push((took + ms(at, owner) + ms(owner, origin)) / direct);
    }
  }
  return { told: told.sort((a, b) => a - b), delivered: delivered.sort((a, b) => a - b) };
}

function median(sorted: readonly number[]): number {
  return sorted[Math.ceil(sorted.length / 2) - 1] as number;
}

test.each([1, 4])("stretch is what the places of the peers say, with fingers chosen from %d peers", (successors) => {
  const { values } = runProgram(chordStretch, { peers: PEERS, lookups: LOOKUPS, successors });
  const iterative = expected("1", successors, "iterative");
  const recursive = expected("1", successors, "recursive");
  // The sketch that keeps the stretches rounds down by less than a two-thousandth.
  const isNear = (found: number | undefined, wanted: number) => expect((found as number) / wanted).toBeCloseTo(1, 3);
  isNear(values["iterative.median"], median(iterative.told));
  isNear(values["recursive.median"], median(recursive.told));
  isNear(values["recursive.delivered"], median(recursive.delivered));
  expect(values).toMatchObject({ wrong: 0, unanswered: 0 });
});

test("nearer fingers make lookups faster on the transit-stub network too", () => {
  const run = (successors: number) =>
    runProgram(chordStretch, { peers: 2000, lookups: 500, successors, network: "transit-stub" }).values;
  const [far, near] = [run(1), run(8)];
  expect(near["recursive.median"]).toBeLessThan(0.7 * (far["recursive.median"] as number));
  expect(near["iterative.median"]).toBeLessThan(0.9 * (far["iterative.median"] as number));
});
