// The engine alone: a million peers, each with one timer that arms itself again. So many events are pending all the time, and
// every one passes through the host and a node's own code.
import { World } from "@servent/lab/engine/world.ts";
import type { DatagramCodec, Host } from "@servent/overlay/host/host.ts";

const TIMER = 0;
/** The next time is drawn from as many milliseconds. */
const GAP_MS = 2000;
/** Long enough for the code to be compiled and every peer's timer to have fired. */
const WARM_UP_MS = 2 * GAP_MS;

/** Nobody sends anything. */
const codec: DatagramCodec<never> = {
  datagramBytesMax: 0,
  size: () => 0,
  encode: () => new Uint8Array(0),
  decode: () => ({ ok: false, problem: "nothing is ever sent" }),
};

class HoldNode {
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.arm(TIMER, 1 + (this.host.u32() % GAP_MS));
  }

  onMessage(): void {}

  warm(): number {
    return this.host === undefined ? 1 : 0;
  }

  onTimer(): void {
    this.start();
  }
}

export interface HoldFigures {
  readonly events: number;
  readonly cpuMs: number;
}

/** `cpuMs` tells the processor time so far. */
export function holdTimers(peers: number, events: number, cpuMs: () => number): HoldFigures {
  const world = new World({ seed: 1, timersMax: 1 });
  for (let i = 0; i < peers; i++) {
    const peer = world.datagramPeer(codec);
    const node = new HoldNode(peer.host);
    peer.attach(node);
    node.start();
  }
  world.runFor(WARM_UP_MS);
  const before = { events: world.events, cpuMs: cpuMs() };
  world.runUntil(() => world.events - before.events >= events, 2 ** 30);
  return { events: world.events - before.events, cpuMs: cpuMs() - before.cpuMs };
}
