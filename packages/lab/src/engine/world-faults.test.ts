// What can be made to go wrong in a world while it runs.
import { expect, test } from "vitest";
import { hello, type TestMessage, testCodec } from "../../../../test/compliance/test-protocol.ts";
import { decoded, malformed } from "@servent/overlay/base/decoded.ts";
import type { DatagramCodec, Link, StreamNode } from "@servent/overlay/host/host.ts";
import { constant } from "../network/latency.ts";
import type { StreamPeer } from "./stream-peer.ts";
import { World } from "./world.ts";

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
function listeners(peers: number) {
  const world = new World({ seed: 1, latency: constant(10) });
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
