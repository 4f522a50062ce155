import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import type { IntroducedPeer, Request } from "./messages.ts";
import { Newcomer, type Situation } from "./newcomer.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PEER: IntroducedPeer = { network: "chord", address: 5, ageSeconds: 1, load: 0 };
const OFFER = { network: "chord", port: 7000, load: 0 };

function opened(introducers: number, start: Partial<Situation> = {}) {
  let now = 0;
  let dueAt = Number.POSITIVE_INFINITY;
  let lot = 0;
  let situation: Situation = { seeks: ["chord"], offer: undefined, hasAddresses: false, ...start };
  const sent: { at: number; to: number; request: Request }[] = [];
  const named: IntroducedPeer[] = [];
  const host = {
    now: () => now,
    u32: () => lot++,
    arm: (_timer: number, delay: number) => void (dueAt = now + delay),
    disarm: () => void (dueAt = Number.POSITIVE_INFINITY),
  };
  /** What each introducer does with a request, a moment later; nothing: it stays silent. */
  let behave: (to: number, request: Request) => void = () => undefined;
  const waiting: (() => void)[] = [];
  const newcomer = new Newcomer(
    host,
    { introducers, timer: 0, lookEveryMs: 2000, count: 10 },
    {
      situation: () => situation,
      send: (to, request) => {
        sent.push({ at: now, to, request });
        waiting.push(() => behave(to, request));
      },
      onPeers: (peers) => named.push(...peers),
    },
  );
  const settle = () => {
    for (const act of waiting.splice(0)) act();
  };
  const pass = (ms: number) => {
    const end = now + ms;
    settle();
    for (;;) {
      if (dueAt > end) break;
      now = dueAt;
      newcomer.onTimer(0);
      settle();
    }
    now = end;
  };
  return {
    newcomer,
    sent,
    named,
    pass,
    become: (change: Partial<Situation>) => void (situation = { ...situation, ...change }),
    introducersDo: (what: typeof behave) => void (behave = what),
    asks: () => sent.filter(({ request }) => request.kind === "ask"),
    joins: () => sent.filter(({ request }) => request.kind === "join"),
  };
}

test("a peer that knows nobody asks at once, and passes on who is named", () => {
  const peer = opened(1);
  peer.introducersDo((to) => peer.newcomer.onAnswer(to, { kind: "peers", peers: [PEER], againSeconds: 60 }));
  peer.newcomer.start();
  peer.pass(SECOND);

  expect(peer.asks()).toMatchObject([{ at: 0, request: { networks: ["chord"], count: 10, port: 0 } }]);
  expect(peer.named).toEqual([PEER]);
});

test("one that knows addresses tries them first, and asks only where they come to nothing", () => {
  const peer = opened(1, { hasAddresses: true });
  peer.newcomer.start();
  peer.pass(7 * SECOND);
  expect(peer.asks()).toEqual([]);
  peer.become({ seeks: [] });
  peer.pass(MINUTE);
  expect(peer.asks()).toEqual([]);

  peer.become({ seeks: ["chord"] });
  peer.pass(15 * SECOND);
  expect(peer.asks().length).toBe(1);
});

test("one that has enough peers asks nobody", () => {
  const peer = opened(3, { seeks: [] });
  peer.newcomer.start();
  peer.pass(60 * MINUTE);
  expect(peer.sent).toEqual([]);
});

test("where peers were named and do not help, it asks again, ever less often", () => {
  const peer = opened(1);
  peer.introducersDo((to) => peer.newcomer.onAnswer(to, { kind: "peers", peers: [PEER], againSeconds: 1 }));
  peer.newcomer.start();
  peer.pass(24 * 60 * MINUTE);

  const times = peer.asks().map(({ at }) => at);
  const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
  expect(gaps[0]).toBeGreaterThan(5 * SECOND);
  expect(gaps.at(-1)).toBeGreaterThan((LIMITS.askMostMs * 3) / 4 - SECOND);
  expect(times.length).toBeLessThan(80);
});

test("an introducer that is silent or fails is left alone for longer each time; the others are asked meanwhile", () => {
  const peer = opened(2);
  peer.introducersDo((to) => {
    if (to === 0) peer.newcomer.onFailed(to);
    else peer.newcomer.onAnswer(to, { kind: "peers", peers: [], againSeconds: 10 });
  });
  peer.newcomer.start();
  peer.pass(2 * MINUTE);
  const asked = (to: number) => peer.asks().filter((each) => each.to === to).length;
  expect(asked(0)).toBeGreaterThanOrEqual(1);
  expect(asked(0)).toBeLessThanOrEqual(4);
  expect(asked(1)).toBeGreaterThanOrEqual(2);
  expect(peer.newcomer.counts.failures).toBe(asked(0));
});

test("it tells a few introducers where it is, again in time, and says goodbye", () => {
  const peer = opened(8, { seeks: [], offer: OFFER });
  peer.introducersDo((to, { kind }) => {
    if (kind === "join") peer.newcomer.onAnswer(to, { kind: "joined", reachable: "yes", againSeconds: 600 });
  });
  peer.newcomer.start();
  peer.pass(25 * MINUTE);

  expect(new Set(peer.joins().map(({ to }) => to)).size).toBe(LIMITS.joinedMax);
  expect(peer.joins().length).toBe(3 * LIMITS.joinedMax);
  expect(peer.newcomer.reachable).toBe("yes");
  peer.newcomer.stop();
  expect(peer.sent.filter(({ request }) => request.kind === "leave").length).toBe(LIMITS.joinedMax);
});

test("one that becomes something else leaves under its old name and joins under the new one", () => {
  const peer = opened(1, { seeks: [], offer: OFFER });
  peer.introducersDo((to, { kind }) => {
    if (kind === "join") peer.newcomer.onAnswer(to, { kind: "joined", reachable: "yes", againSeconds: 600 });
    else peer.newcomer.onAnswer(to, { kind: "left" });
  });
  peer.newcomer.start();
  peer.pass(5 * SECOND);
  peer.become({ offer: { ...OFFER, port: 7001 } });
  peer.pass(10 * SECOND);

  expect(peer.sent.map(({ request }) => [request.kind, "port" in request && request.port])).toEqual([
    ["join", 7000],
    ["leave", 7000],
    ["join", 7001],
  ]);
});

test("an introducer that fails at a join gives its place to another", () => {
  const peer = opened(4, { seeks: [], offer: OFFER });
  peer.introducersDo((to) => {
    if (to < 2) peer.newcomer.onFailed(to);
    else peer.newcomer.onAnswer(to, { kind: "joined", reachable: "no", againSeconds: 600 });
  });
  peer.newcomer.start();
  peer.pass(10 * SECOND);

  expect(peer.joins().map(({ to }) => to)).toEqual(expect.arrayContaining([2, 3]));
  expect(peer.newcomer.reachable).toBe("no");
});

test("answers that nobody waits for change nothing", () => {
  const peer = opened(1, { seeks: [] });
  peer.newcomer.start();
  peer.newcomer.onAnswer(0, { kind: "peers", peers: [PEER], againSeconds: 0 });
  peer.newcomer.onAnswer(7, { kind: "left" });
  peer.newcomer.onFailed(7);
  expect(peer.named).toEqual([]);
});
