// Runs a world that a scenario describes: lets time pass, does what the load says, makes go wrong what shall, lets peers come
// and go, watches the invariants, and tells what came of it.
import type { Millis } from "@servent/overlay/host/host.ts";
import type { RandomStream } from "../engine/random.ts";
import type { Findings, RunContext } from "../experiments/program.ts";
import { exponentialDraw, shuffle } from "../random-draws.ts";
import { Agenda } from "./agenda.ts";
import { Watch } from "./checkers.ts";
import { chooseVictims, type Fault } from "./faults.ts";
import { WorldMeter } from "./world-meter.ts";
import { WorldSetup } from "./world-setup.ts";
import type { LoadEntry, WorldSpec } from "./world-spec.ts";

/** Virtual time after which the run says how far it is. */
const SLICE_MS = 1000;

/**
 * The same world, seed and fidelity give the same findings everywhere. Throws `ViolationError` where an invariant is broken, and
 * `SetupError` where the network cannot be made.
 */
export function runWorld(spec: WorldSpec, context: Omit<RunContext, "settings">): Findings {
  return new WorldRun(spec, { ...context, settings: {} }).run();
}

class WorldRun {
  private readonly setup: WorldSetup;
  private readonly context: RunContext;
  private readonly agenda = new Agenda();
  private readonly watch: Watch;
  private readonly partitions = new Set<(from: number, to: number) => boolean>();
  private readonly loadRandom: RandomStream;
  private readonly faultRandom: RandomStream;
  private readonly churnRandom: RandomStream;
  /** The moment when the network stands: time 0 of the scenario. */
  private zero: Millis = 0;

  constructor(spec: WorldSpec, context: RunContext) {
    this.setup = new WorldSetup(spec, context);
    this.context = context;
    const { world, network } = this.setup;
    this.watch = new Watch(
      spec.checkers.map((name) => network.checker(name)),
      spec.checkEvery,
      context.seed,
    );
    this.loadRandom = world.random("load");
    this.faultRandom = world.random("faults");
    this.churnRandom = world.random("departures");
  }

  run(): Findings {
    const { world, spec } = this.setup;
    if (spec.checkers.length > 0) world.watch(() => this.watch.look(world.now, world.events));
    world.traceTo(this.context.trace);
    this.context.progress(0, spec.until, "links");
    this.setup.establish();

    this.zero = world.now;
    const meter = new WorldMeter(this.setup, this.zero);
    for (const entry of spec.load) this.plan(entry);
    for (const fault of spec.faults) this.agenda.add(this.zero + fault.at, () => this.befall(fault, meter));
    this.planChurn(meter);
    if (spec.sample !== undefined) this.planSamples(meter, spec.sample);

    const end = this.zero + spec.until;
    while (world.now < end) {
      this.agenda.act(world.now);
      const next = Math.min(this.agenda.next, world.now + SLICE_MS, end);
      world.runFor(next - world.now);
      this.context.progress(world.now - this.zero, spec.until, "time");
    }
    // Load and faults at the very end would come to nothing, but the last row of the samples belongs to them.
    if (spec.sample !== undefined && spec.until % spec.sample === 0) meter.sample();
    this.watch.lookNow(world.now, world.events);
    return meter.findings();
  }

  // --- load

  private plan(entry: LoadEntry): void {
    const { every, gaps } = entry;
    let done = 0;
    let due = this.zero + entry.at;
    const act = (): void => {
      this.perform(entry);
      done++;
      if (every === undefined || done === entry.times) return;
      // From the time that was due, not from the rounded one, so that rounding does not add up.
      due += gaps === "even" ? every : every * exponentialDraw(this.loadRandom);
      this.agenda.add(Math.ceil(due), act);
    };
    this.agenda.add(due, act);
  }

  private perform(entry: LoadEntry): void {
    const { up, network } = this.setup;
    if (up.size === 0) return;
    const peer = entry.peer === "any" ? up.draw(this.loadRandom) : entry.peer;
    if (up.has(peer)) network.perform(entry, peer);
  }

  // --- churn

  private planChurn(meter: WorldMeter): void {
    const { churn } = this.setup;
    if (churn === undefined) return;
    const act = (): void => {
      if (churn.up) this.rise(churn.peer, meter);
      else this.fall(churn.peer, uniformShare(this.churnRandom.u32()) < this.setup.spec.goodbyes, true, meter);
      churn.advance();
      this.agenda.add(this.zero + churn.at, act);
    };
    this.agenda.add(this.zero + churn.at, act);
  }

  private rise(peer: number, meter: WorldMeter): void {
    this.setup.comeBack(peer);
    meter.onPopulation();
  }

  private fall(peer: number, saysGoodbye: boolean, keepsState: boolean, meter: WorldMeter): void {
    const { network, up } = this.setup;
    if (!up.has(peer)) return;
    if (saysGoodbye) network.leave(peer);
    else network.crash(peer, keepsState);
    up.remove(peer);
    meter.onPopulation();
  }

  private planSamples(meter: WorldMeter, every: Millis): void {
    const act = (): void => {
      meter.sample();
      this.agenda.add(this.setup.world.now + every, act);
    };
    this.agenda.add(this.zero + every, act);
  }

  // --- faults

  private befall(fault: Fault, meter: WorldMeter): void {
    const { world, network, up, spec } = this.setup;
    const later = (after: Millis | undefined, act: () => void): void => {
      if (after !== undefined) this.agenda.add(world.now + after, act);
    };
    switch (fault.do) {
      case "crash":
      case "leave": {
        const gone = chooseVictims(fault.peers, up.all(), this.faultRandom);
        const keepsState = fault.do === "leave" || fault.keeps === "state";
        for (const peer of gone) this.fall(peer, fault.do === "leave", keepsState, meter);
        later(fault.for, () => gone.forEach((peer) => this.rise(peer, meter)));
        return;
      }
      case "restart": {
        for (const peer of chooseVictims(fault.peers, this.down(), this.faultRandom)) this.rise(peer, meter);
        return;
      }
      case "partition": {
        const cuts = this.cutsOf(fault);
        this.partitions.add(cuts);
        this.repartition();
        later(fault.for, () => {
          this.partitions.delete(cuts);
          this.repartition();
        });
        return;
      }
      case "slow": {
        const slowed = chooseVictims(fault.peers, up.all(), this.faultRandom);
        for (const peer of slowed) world.slow(peer, fault.factor);
        later(fault.for, () => slowed.forEach((peer) => world.slow(peer, 1)));
        return;
      }
      case "skew": {
        const skewed = chooseVictims(fault.peers, up.all(), this.faultRandom);
        for (const peer of skewed) world.skew(peer, fault.rate, fault.offset);
        later(fault.for, () => skewed.forEach((peer) => world.skew(peer, 1, 0)));
        return;
      }
      case "loss":
        world.lose(fault.share);
        later(fault.for, () => world.lose(spec.link.loss));
        return;
      case "hostile": {
        const hostile = chooseVictims(fault.peers, up.all(), this.faultRandom);
        for (const peer of hostile) network.setHostile(peer, fault.what);
        later(fault.for, () => hostile.forEach((peer) => network.setHostile(peer, undefined)));
        return;
      }
    }
  }

  private down(): number[] {
    const { peers, up } = this.setup;
    return Array.from({ length: peers }, (_, peer) => peer).filter((peer) => !up.has(peer));
  }

  private cutsOf({ split, oneWay }: Extract<Fault, { do: "partition" }>): (from: number, to: number) => boolean {
    const { peers } = this.setup;
    const order = Int32Array.from({ length: peers }, (_, peer) => peer);
    if (typeof split === "number") shuffle(order, this.faultRandom);
    const apart = typeof split === "number" ? order.subarray(0, Math.floor(split * peers + 0.5)) : split;
    const side = new Uint8Array(peers);
    for (const peer of apart) side[peer] = 1;
    return oneWay ? (from, to) => side[from] === 1 && side[to] === 0 : (from, to) => side[from] !== side[to];
  }

  private repartition(): void {
    const all = [...this.partitions];
    this.setup.world.partition(all.length === 0 ? undefined : (from, to) => all.some((cuts) => cuts(from, to)));
  }
}

function uniformShare(u32: number): number {
  return u32 / 2 ** 32;
}
