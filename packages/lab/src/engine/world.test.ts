import { expect, test } from "vitest";
import { hello, item, type TestMessage, testCodec } from "../../../../test/compliance/test-protocol.ts";
import { latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import { decoded, malformed } from "@servent/overlay/base/decoded.ts";
import type { Address, DatagramCodec, Host, Link, StreamCodec, StreamNode } from "@servent/overlay/host/host.ts";
import { constant, uniform } from "../network/latency.ts";
import type { Packing } from "./packing.ts";
import type { StreamPeer } from "./stream-peer.ts";
import { World, type WorldOptions } from "./world.ts";

// The rules of every host are in test/compliance. Here is what only a made-up world has.

/** Greets whoever it meets, and answers items with smaller ones, to neighbours that its own dice choose. */
class Chatter implements StreamNode<TestMessage> {
  readonly heard: string[] = [];
  private readonly peer: StreamPeer<TestMessage>;
  private readonly links: Link[] = [];

  constructor(peer: StreamPeer<TestMessage>) {
    this.peer = peer;
    peer.attach(this);
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    this.heard.push(`${inbound ? "accepted" : "opened"} ${remote}`);
    this.links.push(link);
    this.peer.send(link, hello());
    if (!inbound) this.peer.arm(0, this.peer.u32() % 50);
  }
  onMessage(_link: Link, message: TestMessage): void {
    this.heard.push(message.kind === "item" ? `item ${message.number}` : message.kind);
    if (message.kind === "item" && message.number > 0) this.say(message.number - 1);
  }
  onMalformed(): void {
    this.heard.push("malformed");
  }
  onWritable(): void {}
  onClose(link: Link, reason: string): void {
    this.heard.push(`closed: ${reason}`);
    this.links.splice(this.links.indexOf(link), 1);
  }
  onTimer(): void {
    this.say(6);
    if (this.peer.u32() % 4 > 0) this.peer.arm(0, 20 + (this.peer.u32() % 9000));
  }

  private say(number: number): void {
    for (let i = 0; i < 2 && this.links.length > 0; i++) {
      const link = this.links[this.peer.u32() % this.links.length] as Link;
      this.peer.send(link, item(number, new Uint8Array(this.peer.u32() % 4000)));
    }
  }
}

/** A world of peers that each dial three others; all of it runs. */
function chatting(options: Partial<WorldOptions>, peers = 30): { world: World; nodes: Chatter[] } {
  const world = new World({ seed: 7, latency: uniform(5, 80), ...options });
  const all = Array.from({ length: peers }, () => world.peer(testCodec));
  const nodes = all.map((peer) => new Chatter(peer));
  const placement = world.random("placement");
  for (const peer of all) for (let i = 0; i < 3; i++) peer.dial(placement.below(peers));
  world.runFor(60_000);
  return { world, nodes };
}

/** Two peers on one link, greeted. */
function pair(options: Partial<WorldOptions> = {}) {
  const world = new World({ seed: 1, latency: constant(10), ...options });
  const [a, b] = [world.peer(testCodec), world.peer(testCodec)];
  const [left, right] = [new Chatter(a), new Chatter(b)];
  const link = a.dial(b.self);
  world.runFor(1000);
  a.disarm(0);
  world.runUntilQuiet(100_000);
  left.heard.length = 0;
  right.heard.length = 0;
  return { world, a, b, left, right, link };
}

test("the same seed gives the same run, another seed another", () => {
  const first = chatting({});
  expect(first.world.events).toBeGreaterThan(5000);
  const again = chatting({});
  expect(again.world.digest()).toBe(first.world.digest());
  expect(again.nodes.map(({ heard }) => heard)).toEqual(first.nodes.map(({ heard }) => heard));
  expect(chatting({ seed: 8 }).world.digest()).not.toBe(first.world.digest());
});

test("both fidelities lead to the same deliveries at the same times", () => {
  for (const bytesPerMs of [Number.POSITIVE_INFINITY, 150]) {
    const objects = chatting({ fidelity: "message", bytesPerMs });
    const bytes = chatting({ fidelity: "wire", bytesPerMs });
    expect(bytes.world.digest()).toBe(objects.world.digest());
    expect(bytes.world.sent()).toEqual(objects.world.sent());
  }
});

test("the digest sees a change of any one thing", () => {
  const base = chatting({}).world.digest();
  const digests = [chatting({ latency: uniform(5, 81) }), chatting({ bytesPerMs: 100_000 }), chatting({}, 31)].map(
    ({ world }) => world.digest(),
  );
  expect(new Set([base, ...digests]).size).toBe(4);

  const { world, a } = pair();
  const before = world.digest();
  a.arm(0, 5);
  world.runFor(10);
  expect(world.digest()).not.toBe(before);
});

test("a world runs as far as it is told, and time stands at the end", () => {
  const { world, a, right, link } = pair();
  const start = world.now;
  a.send(link, item(0));
  world.runFor(9);
  expect([world.now - start, right.heard]).toEqual([9, []]);
  world.runFor(1);
  expect([world.now - start, right.heard]).toEqual([10, ["item 0"]]);
  world.runFor(1_000_000);
  expect(world.now - start).toBe(1_000_010);
});

test("quiet means that nothing is on its way, whatever timers wait", () => {
  const { world, a, link } = pair();
  a.arm(0, 100_000);
  const start = world.now;
  expect(world.runUntilQuiet(1000)).toBe(true);
  a.send(link, item(0));
  expect(world.runUntilQuiet(5)).toBe(false);
  expect(world.runUntilQuiet(1000)).toBe(true);
  expect(world.now - start).toBe(10);
});

test("a dial takes a round trip, and more to come back from a wall", () => {
  const world = new World({ seed: 1, latency: constant(10) });
  const a = world.peer(testCodec);
  const walled = world.peer(testCodec, { dialable: false });
  const [left, right] = [new Chatter(a), new Chatter(walled)];
  a.dial(walled.self);
  world.runFor(19);
  expect(left.heard).toEqual([]);
  world.runFor(1);
  expect(left.heard).toEqual(["closed: connection refused"]);
  walled.dial(a.self);
  world.runFor(20);
  expect(right.heard).toContain(`opened ${a.self}`);
});

test("a crash breaks the links at the others, after what was sent before, and silences the dead", () => {
  const { world, a, b, left, right, link } = pair();
  b.send(0, item(0));
  b.arm(3, 50);
  a.send(link, item(0));
  world.crash(b);
  const dial = a.dial(b.self);
  world.runFor(1000);
  expect(left.heard).toEqual(["item 0", "closed: reset by the other side", "closed: connection refused"]);
  expect(right.heard).toEqual([]);
  expect(a.room(dial)).toBe(0);
  world.crash(b);
  expect(a.dial(a.self)).toBe(link === 0 ? 1 : 0);
  world.runFor(1000);
});

test("a dial on its way to a peer that crashes, or from one, comes to nothing", () => {
  const world = new World({ seed: 1, latency: constant(10) });
  const [a, b, c] = [world.peer(testCodec), world.peer(testCodec), world.peer(testCodec)];
  const [left, middle] = [new Chatter(a), new Chatter(b), new Chatter(c)];
  a.dial(b.self);
  world.runFor(5);
  world.crash(b);
  world.runFor(1000);
  expect(left.heard).toEqual(["closed: connection refused"]);
  expect(middle.heard).toEqual([]);

  left.heard.length = 0;
  c.dial(a.self);
  world.runFor(5);
  world.crash(c);
  world.runFor(1000);
  expect(left.heard).toEqual([`accepted ${c.self}`, "closed: reset by the other side"]);
});

test("a line carries what it can: bytes take time, and queue behind one another", () => {
  const { world, a, right, link } = pair({ bytesPerMs: 10 });
  const start = world.now;
  a.send(link, item(0, new Uint8Array(992)));
  a.send(link, item(0, new Uint8Array(492)));
  expect(a.room(link)).toBe(96 * 1024 - 1500);
  world.runFor(109);
  expect(right.heard.length).toBe(0);
  world.runFor(1);
  expect(right.heard.length).toBe(1);
  world.runFor(49);
  expect(right.heard.length).toBe(1);
  world.runFor(1);
  expect([right.heard.length, world.now - start]).toEqual([2, 160]);
  expect(a.room(link)).toBe(96 * 1024);
});

test("whoever closes is through only when the line has carried what was queued", () => {
  const { world, a, left, right, link } = pair({ bytesPerMs: 10 });
  a.send(link, item(0, new Uint8Array(992)));
  a.close(link, "after this");
  world.runFor(99);
  expect(left.heard).toEqual([]);
  world.runFor(1);
  expect(left.heard).toEqual(["closed: after this"]);
  world.runFor(10);
  expect(right.heard).toEqual(["item 0", "closed: closed by the other side"]);
});

test("what is late for a stream that ended does not reach the next one", () => {
  const world = new World({ seed: 1, latency: (from) => (from === 1 ? 100 : 1) });
  const peers = Array.from({ length: 4 }, () => world.peer(testCodec));
  const [a, b, c, d] = peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0], (typeof peers)[0]];
  const nodes = peers.map((peer) => new Chatter(peer));
  const link = a.dial(b.self);
  world.runFor(500);
  a.disarm(0);
  world.runUntilQuiet(100_000);
  const before = nodes.map(({ heard }) => heard.length);
  b.send(0, item(0));
  a.close(link, "too slow");
  world.runFor(2);
  c.dial(d.self);
  world.runFor(20);
  c.disarm(0);
  world.runFor(500);
  expect(nodes.map(({ heard }, at) => heard.slice(before[at]))).toEqual([
    ["closed: too slow"],
    ["closed: closed by the other side"],
    [`opened ${d.self}`, "hello"],
    [`accepted ${c.self}`, "hello"],
  ]);
});

test("what was sent is counted by kind, with its bytes", () => {
  const { world, a, link } = pair();
  const before = world.sent().get("item")?.bytes ?? 0;
  a.send(link, item(0, new Uint8Array(100)));
  expect((world.sent().get("item")?.bytes ?? 0) - before).toBe(108);
  expect(world.sent().get("hello")).toEqual({ messages: 2, bytes: 12 });
});

test("a frozen world refuses to let a message change after it was sent", () => {
  const { a, link } = pair({ freeze: true });
  const message = { kind: "item" as const, number: 1, bytes: new Uint8Array(2) };
  a.send(link, message);
  expect(() => {
    message.number = 2;
  }).toThrow(TypeError);
});

test("a codec that lies about its size is found out", () => {
  const liar: StreamCodec<TestMessage> = { ...testCodec, size: (message) => testCodec.size(message) + 1 };
  const world = new World({ seed: 1, fidelity: "wire" });
  const [a, b] = [world.peer(liar), world.peer(liar)];
  const nodes = [new Chatter(a), new Chatter(b)];
  expect(nodes.length).toBe(2);
  a.dial(b.self);
  expect(() => world.runFor(100)).toThrow("assertion failed: a codec's size");
});

const words: DatagramCodec<string> = {
  datagramBytesMax: 100,
  size: (message) => message.length,
  encode: latin1Encode,
  decode: (bytes) => (bytes[0] === 0x21 ? malformed("word", "it shouts") : decoded(latin1Decode(bytes))),
};

/** Sends 2000 numbered datagrams from one peer to another. */
function datagrams(options: Partial<WorldOptions>) {
  const world = new World({ seed: 7, latency: uniform(5, 50), ...options });
  const [a, b] = [world.datagramPeer(words), world.datagramPeer(words)];
  const heard: string[] = [];
  const ear = (host: Host) => ({
    onMessage: (from: Address, message: string) => heard.push(`${host.now()} ${from} ${message}`),
    onTimer: () => {},
  });
  a.attach(ear(a));
  b.attach(ear(b));
  for (let i = 0; i < 2000; i++) a.send(b.self, String(i));
  return { world, a, b, heard };
}

test("datagrams overtake one another and get lost at the stated rate", () => {
  const { world, heard } = datagrams({ loss: 0.2 });
  world.runFor(1000);
  expect(heard.length + world.datagramsLost).toBe(2000);
  expect(Math.abs(world.datagramsLost - 400)).toBeLessThan(80);
  const numbers = heard.map((line) => Number(line.split(" ")[2]));
  expect(numbers).not.toEqual([...numbers].sort((x, y) => x - y));
});

test("turning loss on takes datagrams away and shifts no other", () => {
  const without = datagrams({});
  const lossy = datagrams({ loss: 0.3 });
  without.world.runFor(1000);
  lossy.world.runFor(1000);
  const all = new Set(without.heard);
  expect(lossy.heard.length).toBeLessThan(1700);
  expect(lossy.heard.filter((line) => !all.has(line))).toEqual([]);
});

test("datagrams too large, to nobody, to the dead or undecodable tell nobody", () => {
  const { world, a, b, heard } = datagrams({ fidelity: "wire" });
  world.runFor(1000);
  heard.length = 0;
  a.send(b.self, "x".repeat(101));
  a.send(99, "nobody");
  a.send(-1, "nowhere");
  a.send(b.self, "!!!");
  a.send(a.self, "me");
  expect(heard).toEqual([]);
  world.runFor(1000);
  expect(heard.map((line) => line.split(" ")[2])).toEqual(["me"]);
  expect(world.datagramsRefused).toBe(1);
  world.crash(b);
  a.send(b.self, "still there?");
  world.runFor(1000);
  expect(heard.length).toBe(1);
});

/** Fifty peers in a ring; `warmed` counts how often they were warmed. */
function ring(warm: boolean): { digest: string; warmed: number } {
  const world = new World({ seed: 3 });
  const peers = Array.from({ length: 50 }, () => world.peer(testCodec));
  let warmed = 0;
  for (const peer of peers) {
    const node: StreamNode<TestMessage> = new Chatter(peer);
    if (warm) node.warm = () => ++warmed;
  }
  for (const peer of peers) peer.dial((peer.self + 1) % 50);
  world.runFor(5000);
  return { digest: world.digest(), warmed };
}

test("what a node says of its memory before a delivery changes nothing", () => {
  const warmed = ring(true);
  expect(warmed.warmed).toBeGreaterThan(100);
  expect(warmed.digest).toBe(ring(false).digest);
});

test("what nodes share is fetched for each packed message that comes, and changes nothing", () => {
  const packing: Packing<{ kind: string }> = {
    pack: (message, i32, _f64, at) => {
      i32[at] = message.kind.length;
      return true;
    },
    unpack: (i32, _f64, at) => ({ kind: "x".repeat(i32[at] as number) }),
  };
  const codec: DatagramCodec<{ kind: string }> = {
    datagramBytesMax: 100,
    size: ({ kind }) => kind.length,
    encode: () => new Uint8Array(0),
    decode: () => ({ ok: false, problem: "nothing is encoded" }),
  };
  const run = (shares: boolean): { digest: string; asked: string[] } => {
    const world = new World({ seed: 4 });
    const asked: string[] = [];
    const words = new Int32Array(80);
    const placeOf = (to: number, i32: Int32Array, _f64: Float64Array, at: number): number => {
      asked.push(`${to} gets ${i32[at]}`);
      return 8 * to;
    };
    if (shares) world.shares({ words, rowWords: 8, placeOf });
    const peers = Array.from({ length: 10 }, () => world.datagramPeer(codec, packing));
    for (const peer of peers) {
      peer.attach({
        onMessage: (from, { kind }) => kind.length < 9 && peer.send(from, { kind: `${kind}x` }),
        onTimer: () => {},
      });
    }
    world.fetch(peers.map(({ address }) => address));
    for (const peer of peers) peer.send((peer.address + 1) % 10, { kind: "x".repeat(7) });
    world.runFor(100);
    return { digest: world.digest(), asked };
  };
  const [shared, alone] = [run(true), run(false)];
  expect(shared.asked.length).toBe(30);
  expect(shared.asked[0]).toBe("1 gets 7");
  expect(shared.digest).toBe(alone.digest);
});

test("a peer hears nothing after it crashed, not even from itself, until it has another node", () => {
  const { world, a, b, heard } = datagrams({});
  world.runFor(1000);
  heard.length = 0;
  world.crash(b);
  b.arm(0, 5);
  b.send(a.self, "from the dead");
  a.send(b.self, "to the dead");
  world.runFor(1000);
  expect(heard).toEqual([]);
  expect(() => b.attach({ onMessage: () => {}, onTimer: () => {} })).toThrow("a peer has one node");
  world.restart(b);
  b.attach({ onMessage: (_from, text) => void heard.push(text), onTimer: () => void heard.push("timer") });
  b.arm(0, 5);
  a.send(b.self, "hello again");
  world.runFor(1000);
  expect(heard.toSorted()).toEqual(["hello again", "timer"]);
});
