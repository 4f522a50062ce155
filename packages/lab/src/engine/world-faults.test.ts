// What can be made to go wrong in a world while it runs.
import { expect, test } from "vitest";
import { hello, type TestMessage, testCodec } from "../../../../test/compliance/test-protocol.ts";
import { decoded, malformed } from "@servent/overlay/base/decoded.ts";
import type { DatagramCodec, Link, StreamNode } from "@servent/overlay/host/host.ts";
import { constant } from "../network/latency.ts";
import type { StreamPeer } from "./stream-peer.ts";
import { World, type WorldOptions } from "./world.ts";
import { DatagramFaults } from "../network/datagram-faults.ts";
import { Rates } from "../network/rates.ts";

interface Note {
  readonly kind: "note";
  readonly number: number;
}

const noteCodec: DatagramCodec<Note> = {
  datagramBytesMax: 100,
  size: () => 1,
  encode: ({ number }) => new Uint8Array([number]),
  decode: (bytes) =>
    bytes.length === 1 ? decoded({ kind: "note", number: bytes[0] as number }) : malformed("note", "length"),
};

/** Peers that note what they hear and when; timers too. */
function listeners(peers: number, options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, latency: constant(10), ...options });
  const heard: string[] = [];
  const all = Array.from({ length: peers }, () => world.datagramPeer(noteCodec));
  const listen = (i: number): void =>
    all[i]?.attach({
      onMessage: (from, { number }) => heard.push(`${i} from ${from}: ${number} at ${world.now}`),
      onTimer: (timer) => heard.push(`${i} timer ${timer} at ${world.now}`),
    });
  all.forEach((_, i) => {
    listen(i);
  });
  const send = (from: number, to: number, number: number): void => all[from]?.send(to, { kind: "note", number });
  return { world, all, heard, send, listen };
}

test("a partition keeps datagrams from passing, in one direction or both, until it heals", () => {
  const { world, heard, send } = listeners(2);
  world.partition((from) => from === 0);
  send(0, 1, 1);
  send(1, 0, 2);
  world.runFor(100);
  world.partition(undefined);
  send(0, 1, 3);
  world.runFor(100);
  expect(heard).toEqual(["0 from 1: 2 at 10", "1 from 0: 3 at 110"]);
  expect(world.datagramsLost).toBe(1);
});

test("a slow peer takes longer to be reached and to be heard, others do not", () => {
  const { world, heard, send } = listeners(3);
  world.slow(1, 5);
  send(0, 1, 1);
  send(1, 2, 2);
  send(0, 2, 3);
  world.runFor(100);
  world.slow(1, 1);
  send(0, 1, 4);
  world.runFor(100);
  expect(heard.sort()).toEqual(["1 from 0: 1 at 50", "1 from 0: 4 at 110", "2 from 0: 3 at 10", "2 from 1: 2 at 50"]);
});

test("a skewed clock runs at its own rate, and the timers set by it too", () => {
  const { world, all, heard } = listeners(2);
  world.runFor(1000);
  world.skew(1, 2, 500);
  expect([all[0]?.now(), all[1]?.now()]).toEqual([1000, 1500]);
  all[0]?.arm(0, 100);
  all[1]?.arm(0, 100);
  world.runFor(1000);
  expect([all[0]?.now(), all[1]?.now()]).toEqual([2000, 3500]);
  expect(heard).toEqual(["1 timer 0 at 1050", "0 timer 0 at 1100"]);
});

test("loss can begin and end in the middle of a run", () => {
  const { world, heard, send } = listeners(2);
  world.lose(1);
  send(0, 1, 1);
  world.lose(0);
  send(0, 1, 2);
  world.runFor(100);
  expect(heard).toEqual(["1 from 0: 2 at 10"]);
});

test("a peer that starts again has no timers and no node of before", () => {
  const { world, all, heard, send, listen } = listeners(2);
  all[1]?.arm(0, 50);
  world.crash(all[1] as (typeof all)[0]);
  send(0, 1, 1);
  world.runFor(20);
  world.restart(all[1] as (typeof all)[0]);
  listen(1);
  send(0, 1, 2);
  world.runFor(100);
  expect(heard).toEqual(["1 from 0: 2 at 30"]);
});

test("datagrams arrive twice or late where the world says so, and both fidelities agree on it", () => {
  const run = (fidelity: "wire" | "message") => {
    const faults = new DatagramFaults({ duplication: 0.5, reordering: 0.3 });
    const { world, heard, send } = listeners(2, { faults, fidelity });
    for (let i = 0; i < 100; i++) {
      send(0, 1, i);
      world.runFor(20);
    }
    world.runFor(10_000);
    return { heard, digest: world.digest() };
  };
  const { heard, digest } = run("message");
  const numbers = heard.map((line) => Number(/: (\d+)/.exec(line)?.[1]));
  expect(new Set(numbers).size).toBe(100);
  expect(numbers.length).toBeGreaterThan(130);
  expect(numbers.length).toBeLessThan(170);
  expect(numbers).not.toEqual([...numbers].sort((a, b) => a - b));
  expect(run("wire").digest).toBe(digest);
});

test("what a peer's line cannot carry at once waits its turn at both ends, and beyond the queue it is lost", () => {
  // A byte a second out, two bytes a second in; the queue holds three.
  const lineOf = (peer: number) => ({ uploadBytesPerMs: 0.001, downloadBytesPerMs: peer === 2 ? 0.0005 : 1 });
  const { world, heard, send } = listeners(3, { lines: new Rates({ lineOf, queueBytesMax: 3 }) });
  for (let i = 0; i < 5; i++) send(0, 1, i);
  world.runFor(20_000);
  expect(heard).toEqual(["1 from 0: 0 at 1011", "1 from 0: 1 at 2011", "1 from 0: 2 at 3011"]);
  expect(world.datagramsLost).toBe(2);

  heard.length = 0;
  send(0, 2, 1);
  send(1, 2, 2);
  world.runFor(20_000);
  expect(heard).toEqual(["2 from 0: 1 at 23010", "2 from 1: 2 at 25010"]);
});

test("a world with finer ticks tells apart what comes within a millisecond, and nodes still see whole ones", () => {
  const lineOf = () => ({ uploadBytesPerMs: 4, downloadBytesPerMs: 1000 });
  const { world, all, heard, send } = listeners(2, {
    ticksPerMs: 1024,
    lines: new Rates({ lineOf, queueBytesMax: 99 }),
  });
  for (let i = 0; i < 3; i++) send(0, 1, i);
  all[0]?.arm(1, 11);
  world.runFor(100);
  const expected = [10.251953125, 10.501953125, 10.751953125];
  expect(heard).toEqual([...expected.map((at, i) => `1 from 0: ${i} at ${at}`), "0 timer 1 at 11"]);
  world.runFor(0.5);
  expect([world.now, all[0]?.now()]).toEqual([100.5, 100]);
});

/** A stream node that only notes what happens to its links. */
class Watcher implements StreamNode<TestMessage> {
  readonly heard: string[] = [];
  constructor(peer: StreamPeer<TestMessage>) {
    peer.attach(this);
  }
  onOpen(_link: Link, remote: number): void {
    this.heard.push(`open ${remote}`);
  }
  onMessage(_link: Link, message: TestMessage): void {
    this.heard.push(message.kind);
  }
  onMalformed(): void {}
  onWritable(): void {}
  onClose(_link: Link, reason: string): void {
    this.heard.push(reason);
  }
  onTimer(): void {}
}

test("streams across a partition are dead, also those being dialled; dials fail until it heals, others live on", () => {
  const world = new World({ seed: 1, latency: constant(10) });
  const peers = Array.from({ length: 3 }, () => world.peer(testCodec));
  const [a, b, c] = peers.map((peer) => new Watcher(peer)) as [Watcher, Watcher, Watcher];
  const link = peers[0]?.dial(1) as Link;
  const other = peers[1]?.dial(2) as Link;
  world.runFor(100);
  peers[0]?.dial(1);
  world.partition((from, to) => from === 0 && to === 1);
  peers[0]?.send(link, hello());
  peers[1]?.send(other, hello());
  world.runFor(100);
  peers[0]?.dial(1);
  world.runFor(100);
  world.partition(undefined);
  peers[0]?.dial(1);
  world.runFor(100);
  expect(a.heard).toEqual(["open 1", "the line is dead", "connection refused", "connection refused", "open 1"]);
  expect(b.heard).toEqual(["open 0", "open 2", "the line is dead", "open 0"]);
  expect(c.heard).toEqual(["open 1", "hello"]);
});

test("all streams of a peer share its line: what is sent together comes one after the other, in order, the end last", () => {
  const lineOf = (peer: number) => ({ uploadBytesPerMs: peer === 0 ? 0.1 : 1000, downloadBytesPerMs: 1000 });
  const world = new World({ seed: 1, latency: constant(10), lines: new Rates({ lineOf, queueBytesMax: 1e6 }) });
  const peers = Array.from({ length: 3 }, () => world.peer(testCodec));
  const watchers = peers.map((peer) => new Watcher(peer));
  const links = [1, 2].map((to) => peers[0]?.dial(to) as Link);
  world.runFor(100);
  const sentAt = world.now;
  // Six bytes each: 60 ms over the shared line.
  for (const link of links) peers[0]?.send(link, hello());
  for (const link of links) peers[0]?.close(link, "done");
  const arrived = [1, 2].map((i) => {
    world.runUntil(() => watchers[i]?.heard.includes("hello") === true, 10_000);
    return world.now - sentAt;
  });
  world.runFor(1000);
  expect(arrived).toEqual([71, 131]);
  expect(watchers[2]?.heard).toEqual(["open 0", "hello", "closed by the other side"]);
});
