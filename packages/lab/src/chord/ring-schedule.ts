// Schedules of joins, crashes and goodbyes in a small ring, and what becomes of it. The assumptions are those of the proof: a
// first ring of r + 1 permanent members, nobody fails while that would leave a member without a living successor, silence
// means death, and a question and its answer are one step: nobody fails while an answer about lists is under way.
// The seed decides how long every message is on its way, so a schedule and a seed are one interleaving.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Millis } from "@servent/overlay/host/host.ts";
import type { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import type { Upkeep } from "@servent/overlay/protocols/chord/options.ts";
import type { RandomStream } from "../engine/random.ts";
import { World } from "../engine/world.ts";
import { uniform } from "../network/latency.ts";
import { ChordWorld, randomId } from "./chord-world.ts";
import { brokenInvariant, lacksToIdeal } from "./ring-invariants.ts";

export interface ScheduledChange {
  readonly at: Millis;
  readonly do: "join" | "crash" | "leave";
  readonly peer: number;
}

export interface RingSetting {
  readonly upkeep: Upkeep;
  /** Peers in all; the first `successors` + 1 are permanent. */
  readonly peers: number;
  /** Length of the successor lists. */
  readonly successors: number;
  /** Check the invariant after every event, and not only the ring at the end. */
  readonly watches: boolean;
}

export interface RingOutcome {
  /** What broke, in words; undefined: the ring stood. */
  readonly violation: string | undefined;
  readonly at: Millis;
  readonly events: number;
  readonly digest: string;
}

/** Longer than a way there and back, so that silence means death. */
const LATENCY_MAX_MS = 200;
const TIMEOUT_MS = 500;
const ROUND_MS = [1000, 2000] as const;

/** Changes fall into this time. */
const CHANGES_MS = 60_000;

/** After the last change the ring has so many rounds to become ideal: list entries get right one after the other. */
const ROUNDS_TO_HEAL = 40;

/** Until nobody's answer is under way. */
const SETTLE_MS = 10_000;

/** Joins are as likely as crashes and goodbyes together; only peers that are not permanent change. */
export function randomSchedule(setting: RingSetting, changes: number, random: RandomStream): ScheduledChange[] {
  const first = setting.successors + 1;
  const schedule: ScheduledChange[] = [];
  for (let i = 0; i < changes; i++) {
    const peer = first + random.below(setting.peers - first);
    const kind = (["join", "join", "crash", "leave"] as const)[random.below(4)] as ScheduledChange["do"];
    schedule.push({ at: 1 + random.below(CHANGES_MS), do: kind, peer });
  }
  return schedule.sort((a, b) => a.at - b.at);
}

/** `1200 join 5, 3400 crash 4`. */
export function scheduleText(schedule: readonly ScheduledChange[]): string {
  return schedule.map(({ at, do: kind, peer }) => `${at} ${kind} ${peer}`).join(", ");
}

/** Undefined where the text is no schedule. */
export function parseSchedule(text: string): ScheduledChange[] | undefined {
  const schedule: ScheduledChange[] = [];
  for (const part of text.split(",").filter((each) => each.trim() !== "")) {
    const match = /^\s*(\d{1,9}) (join|crash|leave) (\d{1,6})\s*$/.exec(part);
    if (match === null) return undefined;
    schedule.push({ at: Number(match[1]), do: match[2] as ScheduledChange["do"], peer: Number(match[3]) });
  }
  return schedule;
}

/** Runs one schedule. Changes that make no sense when they come, or break the assumptions, are passed over. */
export function runSchedule(setting: RingSetting, schedule: readonly ScheduledChange[], seed: string): RingOutcome {
  const ring = new SmallRing(setting, seed);
  return ring.run(schedule);
}

class Violation extends Error {}

class SmallRing {
  private readonly setting: RingSetting;
  private readonly world: World;
  private readonly chord: ChordWorld;
  /** Times that a peer became a member, or was no longer one. */
  private comings = 0;
  private checked = -1;

  constructor(setting: RingSetting, seed: string) {
    const { peers, successors, upkeep } = setting;
    assert(peers > successors, "the permanent members are peers");
    this.setting = setting;
    this.world = new World({ seed, latency: uniform(1, LATENCY_MAX_MS), timersMax: 8 });
    this.chord = new ChordWorld(this.world, {
      peersMax: peers,
      shape: { successors, fingers: 8 },
      node: { upkeep, roundMs: ROUND_MS, timeoutMs: TIMEOUT_MS, tries: 1 },
    });
    this.chord.listener.onPhase = () => this.comings++;
    const ids = this.world.random("ids");
    this.chord.addMany(successors + 1, ids);
    this.chord.fillIdeal();
    for (const node of this.chord.nodes) node.enter();
    while (this.chord.nodes.length < peers) this.chord.add(randomId(ids));
  }

  run(schedule: readonly ScheduledChange[]): RingOutcome {
    const { world } = this;
    if (this.setting.watches) world.watch(() => this.check());
    const bootstraps = world.random("bootstraps");
    try {
      for (const change of schedule) {
        world.runFor(Math.max(0, change.at - world.now));
        this.apply(change, bootstraps);
      }
      world.runFor(ROUNDS_TO_HEAL * ROUND_MS[1]);
      const lack = lacksToIdeal(this.members, this.setting.successors);
      return this.outcome(lack === undefined ? undefined : `long after the last change, ${lack}`);
    } catch (error) {
      if (error instanceof Violation) return this.outcome(error.message);
      throw error;
    }
  }

  private get members(): ChordNode<number>[] {
    return this.chord.nodes.filter((node, i) => this.chord.peers[i]?.alive === true && node.phase === "member");
  }

  private check(): void {
    // Nothing else that the invariant speaks of can have changed.
    const changes = this.chord.routes.changes + this.comings;
    if (changes === this.checked) return;
    this.checked = changes;
    const broken = brokenInvariant(this.members, this.setting.successors + 1);
    if (broken !== undefined) throw new Violation(broken);
  }

  private outcome(violation: string | undefined): RingOutcome {
    const { now, events } = this.world;
    return { violation, at: now, events, digest: this.world.digest() };
  }

  private apply({ do: kind, peer }: ScheduledChange, bootstraps: RandomStream): void {
    if (kind !== "join") this.world.runUntil(() => !this.chord.nodes.some(({ isChanging }) => isChanging), SETTLE_MS);
    const node = this.chord.nodes[peer] as ChordNode<number>;
    if (this.chord.peers[peer]?.alive !== true) return;
    if (kind === "join") {
      if (node.phase === "out") node.join(bootstraps.below(this.setting.successors + 1));
      return;
    }
    if (node.phase !== "member" || !this.mayGo(peer)) return;
    this.comings++;
    if (kind === "leave") node.leave();
    else this.world.crash(this.chord.peers[peer] as (typeof this.chord.peers)[0]);
  }

  /** Has every other member still a living successor when this one is gone? */
  private mayGo(peer: number): boolean {
    const others = this.members.filter(({ self }) => self.address !== peer);
    const living = new Set(others.map(({ self }) => self.address));
    return others.every(({ successors }) => successors.some(({ address }) => living.has(address)));
  }
}
