// A classic node on a port made by hand: who may link with it, and where what comes over its links goes.
import { expect, test } from "vitest";
import type { Address, Host, Link, StreamPort } from "../../host/host.ts";
import type { Message, Ping, Query, QueryHit } from "./messages.ts";
import { GnutellaNode } from "./node.ts";
import type { GnutellaOptions } from "./options.ts";

const SELF = 0x7f00_0001 * 65_536 + 6346;
const nothing = new Uint8Array(0);

function guid(number: number): string {
  return `${number.toString(16).padStart(16, "0")}ff00000000000000`;
}

/** A node whose callers are numbered links; what it sends on each is kept. */
function node(changes: Partial<GnutellaOptions> = {}) {
  let now = 0;
  let draws = 0;
  const timers = new Map<number, number>();
  const sent: { link: Link; message: Message }[] = [];
  const closed: Link[] = [];
  const host: Host = {
    now: () => now,
    u32: () => Math.imul(++draws, 0x9e3779b1) >>> 0,
    arm: (timer, delay) => timers.set(timer, now + Math.max(1, delay)),
    disarm: (timer) => timers.delete(timer),
  };
  const port: StreamPort<Message> = {
    self: SELF,
    dial: () => 99,
    send: (link, message) => {
      sent.push({ link, message });
      return true;
    },
    room: () => 65_536,
    close: (link) => closed.push(link),
  };
  const library = { files: 0, kilobytes: 0, version: 0, busy: false, match: () => [], addWords: () => {} };
  const options: GnutellaOptions = {
    role: "classic",
    linksWanted: 0,
    linksMax: 32,
    leavesMax: 0,
    ttl: 7,
    ttlMax: 7,
    guid: guid(1),
    userAgent: "Test/1.0",
    firewalled: false,
    speedKbps: 1000,
    minimumSpeedKbps: 0,
    deflate: false,
    accepts: () => true,
    vendor: "SRVT",
    ...changes,
  };
  const events = {
    onHit: () => {},
    onPush: () => {},
    onLinkOpen: () => {},
    onLinkClosed: () => {},
    onDialFailed: () => {},
  };
  const subject = new GnutellaNode(host, port, library, options, events);
  subject.start();
  return {
    subject,
    sent,
    closed,
    /** Somebody calls and goes through the handshake; whether the link is open. */
    call(link: Link, from: Address): boolean {
      const before = subject.openLinks;
      subject.onOpen(link, from, true);
      subject.onMessage(link, {
        kind: "handshake",
        line: "GNUTELLA CONNECT/0.6",
        fields: [["GUID", guid(1000 + from)]],
      });
      subject.onMessage(link, { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields: [] });
      return subject.openLinks > before;
    },
    runFor(ms: number): void {
      for (const end = now + ms; now < end; ) {
        now++;
        for (const [timer, at] of timers) {
          if (at > now) continue;
          timers.delete(timer);
          subject.onTimer(timer);
        }
      }
    },
  };
}

const query: Query = {
  kind: "query",
  header: { id: guid(77), ttl: 3, hops: 0 },
  flags: 0,
  text: "blue train",
  extensions: nothing,
};
const hit: QueryHit = {
  kind: "hit",
  header: { id: query.header.id, ttl: 5, hops: 1 },
  address: 5,
  speedKbps: 1000,
  records: [],
  trailer: nothing,
  servent: guid(5),
};

test("a hit goes back over the link that its query came by, and not to a stranger who was given that link's number", () => {
  const { subject, sent, call } = node();
  call(0, 100);
  call(1, 101);
  subject.onMessage(0, query);
  subject.onMessage(1, hit);
  const hitsTo = (link: Link): number =>
    sent.filter((each) => each.link === link && each.message.kind === "hit").length;
  expect(hitsTo(0)).toBe(1);

  subject.onClose(0, "gone");
  call(0, 102);
  subject.onMessage(1, hit);

  expect(hitsTo(0)).toBe(1);
  expect(subject.counters.hitsUnroutable).toBe(1);
});

test("one host gets two links; peers of the lab, which are numbers, share no host however many there are", () => {
  const onNet = node();
  const host = 0x7f00_0002 * 65_536;
  expect([1, 2, 3].map((port) => onNet.call(port, host + port))).toEqual([true, true, false]);

  const inLab = node();
  const first = 70_000;
  expect([1, 2, 3, 4].map((peer) => inLab.call(peer, first + peer))).toEqual([true, true, true, true]);
});

test("of three neighbours each is asked for hosts as often as the others, and all of them six times a minute", () => {
  const { sent, call, runFor, subject } = node();
  for (const link of [0, 1, 2]) call(link, 100 + link);
  const asked = (): number[] =>
    [0, 1, 2].map((link) => sent.filter((each) => each.link === link && isQuestion(each.message)).length);
  const before = asked();
  for (let second = 0; second < 300; second++) {
    for (const link of [0, 1, 2]) subject.onMessage(link, query);
    runFor(1000);
  }
  const counts = asked().map((count, link) => count - (before[link] as number));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(28);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(31);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

function isQuestion(message: Message): message is Ping {
  return message.kind === "ping" && message.header.ttl > 1;
}
