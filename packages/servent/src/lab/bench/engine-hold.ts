// The engine alone, with a million events pending all the time. Bare: what is due goes back into the queue. And with a million peers,
// each with one timer that arms itself again: every event passes through the host and a node's own code.
import { CalendarQueue, RECORD_WORDS } from "@servent/lab/engine/calendar-queue.ts";
import { RandomStream } from "@servent/lab/engine/random.ts";
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

/** The bare queue, in order of ticks and insertion; `cpuMs` tells the processor time so far. */
export function holdQueue(pending: number, events: number, cpuMs: () => number): HoldFigures {
  const queue = new CalendarQueue();
  const random = new RandomStream("1", "hold");
  const add = (): void => {
    queue.newWords[queue.add(queue.tick + 1 + (random.u32() % GAP_MS)) + 1] = 1;
  };
  for (let i = 0; i < pending; i++) add();
  const pass = (most: number): number => {
    let passed = 0;
    while (passed < most && queue.advance(2 ** 30)) {
      for (let count = queue.nextBlock(); count > 0; count = queue.nextBlock()) {
        const { words, at } = queue;
        for (let i = 0; i < count; i++) {
          passed += words[at + i * RECORD_WORDS + 1] as number;
          add();
        }
      }
    }
    return passed;
  };
  pass(2 * pending);
  const before = cpuMs();
  const passed = pass(events);
  return { events: passed, cpuMs: cpuMs() - before };
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
