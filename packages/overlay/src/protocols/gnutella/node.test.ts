// A node on a host and port made by hand, where the lab's peers are too well behaved.
import { expect, test } from "vitest";
import type { Host, StreamPort } from "../../host/host.ts";
import type { Message } from "./messages.ts";
import { GnutellaNode } from "./node.ts";

const ULTRAPEER = 0x7f00_0002 * 65_536 + 6346;
const LINK = 0;

/** A leaf that is linked to one ultrapeer; `answer` is what that says to each message, or nothing. */
function linkedLeaf(answer: (message: Message) => Message | undefined) {
  let now = 0;
  const timers = new Map<number, number>();
  const answers: Message[] = [];
  const closed: string[] = [];
  const host: Host = {
    now: () => now,
    u32: () => 0x1234_5678,
    arm: (timer, delay) => timers.set(timer, now + Math.max(1, delay)),
    disarm: (timer) => timers.delete(timer),
  };
  const port: StreamPort<Message> = {
    self: 0x7f00_0001 * 65_536 + 6346,
    dial: () => LINK,
    send: (_link, message) => {
      const said = answer(message);
      if (said !== undefined) answers.push(said);
      return true;
    },
    room: () => 65_536,
    close: (_link, reason) => closed.push(reason),
  };
  const library = { files: 0, kilobytes: 0, version: 0, busy: false, match: () => [], addWords: () => {} };
  const options = {
    role: "leaf",
    linksWanted: 1,
    linksMax: 1,
    leavesMax: 0,
    ttl: 4,
    ttlMax: 4,
    guid: "00112233445566778899aabbccddee00",
    userAgent: "Test/1.0",
    firewalled: false,
    speedKbps: 1000,
    minimumSpeedKbps: 0,
    deflate: false,
    accepts: () => true,
    vendor: "SRVT",
  } as const;
  const events = {
    onHit: () => {},
    onPush: () => {},
    onLinkOpen: () => {},
    onLinkClosed: () => {},
    onDialFailed: () => {},
  };
  const node = new GnutellaNode(host, port, library, options, events);
  node.start();
  node.connect(ULTRAPEER);
  node.onOpen(LINK, ULTRAPEER, false);
  const fields: [string, string][] = [["X-Ultrapeer", "True"]];
  node.onMessage(LINK, { kind: "handshake", line: "GNUTELLA/0.6 200 OK", fields });

  const runFor = (ms: number): void => {
    for (const end = now + ms; now < end && closed.length === 0; now++) {
      for (const [timer, at] of timers) {
        if (at > now) continue;
        timers.delete(timer);
        node.onTimer(timer);
      }
      for (const said of answers.splice(0)) node.onMessage(LINK, said);
    }
  };
  return { runFor, closed };
}

test("an ultrapeer that ignores questions for hosts stays a neighbour as long as it answers whether it is there", () => {
  const { runFor, closed } = linkedLeaf((message) =>
    message.kind === "ping" && message.header.ttl === 1
      ? {
          kind: "pong",
          header: { id: message.header.id, ttl: 1, hops: 0 },
          address: ULTRAPEER,
          files: 0,
          kilobytes: 0,
          extensions: new Uint8Array(0),
        }
      : undefined,
  );
  runFor(20 * 60_000);
  expect(closed).toEqual([]);
});

test("an ultrapeer that answers nothing any more is given up", () => {
  const { runFor, closed } = linkedLeaf(() => undefined);
  runFor(20 * 60_000);
  expect(closed).toEqual(["No reply to alive pings"]);
});
