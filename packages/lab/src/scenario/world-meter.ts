// What is measured in every world, whatever its protocol: messages and bytes by kind, who was up, links, state, and what the
// operations of the load led to. All of it counts from time 0 on.
import type { Millis } from "@servent/overlay/host/host.ts";
import type { Findings, Table } from "../experiments/program.ts";
import { QuantileSketch } from "../measures/quantile-sketch.ts";
import type { WorldSetup } from "./world-setup.ts";

interface Sum {
  readonly messages: number;
  readonly bytes: number;
}

const NOTHING: Sum = { messages: 0, bytes: 0 };

/** Rows of the table `time`. */
const SAMPLES_MAX = 10_000;

export class WorldMeter {
  private readonly setup: WorldSetup;
  private readonly zero: Millis;
  /** What was sent before time 0. */
  private readonly before: ReadonlyMap<string, Sum>;
  private readonly datagramsLostBefore: number;
  private readonly samples: number[][] = [];
  private lastSample: Sum = NOTHING;
  private lastSampleAt: Millis;
  /** Peers that were up, times how long. */
  private upTime = 0;
  private upSince: Millis;
  private upCount: number;

  constructor(setup: WorldSetup, zero: Millis) {
    const { world, up } = setup;
    this.setup = setup;
    this.zero = zero;
    this.before = new Map(Array.from(world.sent(), ([kind, { messages, bytes }]) => [kind, { messages, bytes }]));
    this.datagramsLostBefore = world.datagramsLost;
    this.lastSampleAt = zero;
    this.upSince = zero;
    this.upCount = up.size;
  }

  /** Somebody came or went. */
  onPopulation(): void {
    this.countUpTime();
    this.upCount = this.setup.up.size;
  }

  sample(): void {
    if (this.samples.length >= SAMPLES_MAX) return;
    const { world, up } = this.setup;
    const sent = this.total(() => true);
    const seconds = (world.now - this.lastSampleAt) / 1000;
    const messages = (sent.messages - this.lastSample.messages) / seconds;
    const bytes = (sent.bytes - this.lastSample.bytes) / seconds;
    this.samples.push([(world.now - this.zero) / 1000, up.size, messages, bytes]);
    this.lastSample = sent;
    this.lastSampleAt = world.now;
  }

  findings(): Findings {
    const { world, network, operations, up } = this.setup;
    this.countUpTime();
    const links = new QuantileSketch();
    const state = new QuantileSketch();
    for (const peer of up.all()) {
      links.add(network.links(peer));
      state.add(network.stateBytes(peer));
    }
    const kinds = this.kinds();
    const values: Record<string, number> = {
      up: up.size,
      ...(up.size === 0
        ? {}
        : { "links.mean": links.mean, "links.max": links.max, "state.mean": state.mean, "state.max": state.max }),
      background: this.backgroundRate(),
      count: this.total(() => true).messages,
      bytes: this.total(() => true).bytes,
      "datagrams.lost": world.datagramsLost - this.datagramsLostBefore,
      ...network.counters(),
      ...operations.values(),
    };
    for (const [kind, { messages, bytes }] of kinds) {
      values[`count(msg=${kind})`] = messages;
      values[`bytes(msg=${kind})`] = bytes;
    }
    const tables: Record<string, Table> = {
      kinds: {
        columns: ["msg", "count", "bytes"],
        rows: Array.from(kinds, ([kind, { messages, bytes }]) => [kind, messages, bytes]),
      },
      ...operations.tables(),
    };
    if (this.samples.length > 0) {
      tables["time"] = { columns: ["seconds", "up", "messages per second", "bytes per second"], rows: this.samples };
    }
    return { values, tables, digest: world.digest(), events: world.events };
  }

  /** Bytes a second and peer that nobody's load caused. */
  private backgroundRate(): number {
    const { loadKinds } = this.setup.spec.kit;
    const { bytes } = this.total((kind) => !loadKinds.includes(kind));
    return this.upTime === 0 ? 0 : (1000 * bytes) / this.upTime;
  }

  /** By kind, in the order of the kit, and kinds that it does not know behind them. */
  private kinds(): Map<string, Sum> {
    const kinds = new Map<string, Sum>(this.setup.spec.kit.messageKinds.map((kind) => [kind, NOTHING]));
    for (const [kind, { messages, bytes }] of this.setup.world.sent()) {
      const before = this.before.get(kind) ?? NOTHING;
      kinds.set(kind, { messages: messages - before.messages, bytes: bytes - before.bytes });
    }
    return kinds;
  }

  private total(isMeant: (kind: string) => boolean): Sum {
    let [messages, bytes] = [0, 0];
    for (const [kind, sum] of this.kinds()) {
      if (!isMeant(kind)) continue;
      messages += sum.messages;
      bytes += sum.bytes;
    }
    return { messages, bytes };
  }

  private countUpTime(): void {
    const { now } = this.setup.world;
    this.upTime += this.upCount * (now - this.upSince);
    this.upSince = now;
  }
}
