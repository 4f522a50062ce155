import { expect, test } from "vitest";
import { endpointOf, formatEndpoint, parseEndpoint, parseIpv4 } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";
import { Desk, DESK_TIMER } from "./desk.ts";
import { LIMITS } from "./limits.ts";
import type { Answer, Peers } from "./messages.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const ASKER = at("198.51.100.200:50000");

function at(text: string): Address {
  return parseEndpoint(text) as Address;
}

/** Host number i of the world, none beside another. */
function hostAt(i: number, port = 6346): Address {
  return endpointOf((parseIpv4("20.0.0.0") as number) + 256 * i, port);
}

/** A desk with a clock that is moved by hand, and a world of which the test says who is there. */
function opened(options: { mayList?: (address: Address) => boolean; u32?: () => number } = {}) {
  let now = 0;
  let dueAt = Number.POSITIVE_INFINITY;
  let state = 1;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) * 0x10000 + ((Math.imul(state, 2_654_435_761) >>> 16) & 0xffff);
  };
  const dialled: Address[] = [];
  const present = new Set<Address>();
  const host = {
    now: () => now,
    u32: options.u32 ?? chance,
    arm: (_timer: number, delay: number) => void (dueAt = now + delay),
    disarm: () => void (dueAt = Number.POSITIVE_INFINITY),
  };
  const pending: Address[] = [];
  const desk = new Desk(
    host,
    { networks: ["gnutella/ultrapeer", "gnutella/leaf", "chord"], mayList: options.mayList ?? (() => true) },
    { check: (address) => void (dialled.push(address), pending.push(address)) },
  );
  desk.start();
  /** What was dialled is answered at once, or after its time where nobody is there. */
  const settle = () => {
    for (const address of pending.splice(0)) desk.checked(address, present.has(address));
  };
  const pass = (ms: number) => {
    const end = now + ms;
    settle();
    for (;;) {
      if (dueAt > end) break;
      now = dueAt;
      desk.onTimer(DESK_TIMER);
      settle();
    }
    now = end;
  };
  const join = (address: Address, load = 0, network = "gnutella/ultrapeer") => {
    present.add(address);
    return desk.answer(address, { kind: "join", network, port: address % 0x10000, load });
  };
  const ask = (from = ASKER, count = 10, networks = ["gnutella/ultrapeer"], port = 0) => {
    const answer = desk.answer(from, { kind: "ask", networks, count, port });
    return answer.kind === "peers" ? answer.peers.map(({ address }) => address) : answer;
  };
  return { desk, dialled, present, pass, join, ask };
}

test("a peer is named once it was reached, and to itself never", () => {
  const { join, ask, pass, dialled } = opened();
  const peer = hostAt(1);

  expect(join(peer)).toEqual({ kind: "joined", reachable: "unknown", againSeconds: 60 });
  expect(ask()).toEqual([]);
  pass(SECOND);

  expect(dialled).toEqual([peer]);
  expect(ask()).toEqual([peer]);
  expect(ask(peer, 10, ["gnutella/ultrapeer"], 6346)).toEqual([]);
  expect(join(peer)).toEqual({ kind: "joined", reachable: "yes", againSeconds: 600 });
});

test("the only address that is ever dialled is the one that the request came from", () => {
  const { desk, dialled, pass } = opened();
  const from = at("203.0.113.7:40001");

  desk.answer(from, { kind: "join", network: "chord", port: 7000, load: 0 });
  pass(10 * MINUTE);

  expect(new Set(dialled.map(formatEndpoint))).toEqual(new Set(["203.0.113.7:7000"]));
});

test.each([
  ["a port of the system's services", "203.0.113.7:40001", 22, "port"],
  ["a network that is not served", "203.0.113.7:40001", 7000, "network"],
  ["an address that may not be listed", "10.0.0.7:40001", 7000, "address"],
])("%s is refused, and nobody dialled", (_what, from, port, reason) => {
  const { desk, dialled } = opened({ mayList: (address) => !formatEndpoint(address).startsWith("10.") });

  const answer = desk.answer(at(from), {
    kind: "join",
    network: reason === "network" ? "fido" : "chord",
    port,
    load: 0,
  });

  expect(answer).toMatchObject({ kind: "refused", reason, againSeconds: 0 });
  expect(dialled).toEqual([]);
});

test("a peer that died is in no answer after the stated time, however the checks stand", () => {
  const { desk, join, ask, pass, present } = opened();
  const peers = Array.from({ length: 200 }, (_, i) => hostAt(i));
  for (const peer of peers) join(peer);
  pass(5 * SECOND);

  present.clear();
  const diedAt = 5 * SECOND;
  for (let now = diedAt; now < diedAt + LIMITS.freshMs; now += 20 * SECOND) pass(20 * SECOND);
  pass(SECOND);

  expect(desk.goneWithinMs).toBe(6 * MINUTE);
  expect(ask(ASKER, 20)).toEqual([]);
});

test("also where no check ever comes back, nobody is named whose last good one is too old", () => {
  let now = 0;
  const host = { now: () => now, u32: () => 5, arm: () => undefined, disarm: () => undefined };
  const desk = new Desk(host, { networks: ["chord"], mayList: () => true }, { check: () => undefined });
  const peer = hostAt(3);
  desk.answer(peer, { kind: "join", network: "chord", port: 6346, load: 0 });
  desk.checked(peer, true);
  const named = () =>
    (desk.answer(ASKER, { kind: "ask", networks: ["chord"], count: 5, port: 0 }) as Peers).peers.length;

  now = LIMITS.freshMs;
  expect(named()).toBe(1);
  now = LIMITS.freshMs + 1;
  expect(named()).toBe(0);
});

test("one that does not say any more that it is there is forgotten, and one that says goodbye at once", () => {
  const { desk, join, ask, pass } = opened();
  const [silent, polite] = [hostAt(1), hostAt(2)];
  join(silent);
  join(polite);
  pass(SECOND);

  desk.answer(polite, { kind: "leave", network: "gnutella/ultrapeer", port: 6346 });
  expect(ask()).toEqual([silent]);
  // Somebody else's goodbye counts for nobody.
  desk.answer(hostAt(9), { kind: "leave", network: "gnutella/ultrapeer", port: 6346 });
  expect(ask()).toEqual([silent]);
  pass(LIMITS.forgetMs + 2 * SECOND);
  expect(desk.size).toBe(0);
});

test("a peer that was not there and comes again is dialled again soon, but not at every word", () => {
  const { join, pass, dialled, present, ask } = opened();
  const peer = hostAt(1);
  join(peer);
  present.delete(peer);
  pass(SECOND);
  expect(join(peer)).toMatchObject({ reachable: "no" });
  expect(dialled.length).toBe(1);

  present.add(peer);
  pass(LIMITS.checkAgainMs);
  join(peer);
  pass(SECOND);

  expect(dialled.length).toBe(2);
  expect(ask()).toEqual([peer]);
});

test("nobody is given more than twice as often as all are on average, and loaded peers less than others", () => {
  const { join, ask, pass } = opened();
  const peers = Array.from({ length: 100 }, (_, i) => hostAt(i));
  for (const [i, peer] of peers.entries()) join(peer, i < 50 ? 0 : 80);
  pass(SECOND);

  const given = new Map<Address, number>();
  const askers = 2000;
  for (let i = 0; i < askers; i++) {
    const named = ask(endpointOf((parseIpv4("30.0.0.0") as number) + 256 * i, 5000), 5) as Address[];
    expect(new Set(named).size).toBe(5);
    for (const peer of named) given.set(peer, (given.get(peer) ?? 0) + 1);
  }

  const counts = peers.map((peer) => given.get(peer) ?? 0);
  const mean = (5 * askers) / peers.length;
  expect(Math.max(...counts)).toBeLessThanOrEqual(2 * mean + 1);
  const idle = counts.slice(0, 50).reduce((sum, count) => sum + count, 0);
  const loaded = counts.slice(50).reduce((sum, count) => sum + count, 0);
  expect(loaded).toBeLessThan(idle / 2);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

/** The hosts that so many askers, each from elsewhere, are told of, three each. */
function toldTo(askers: number, ask: (from: Address, count: number) => unknown): Address[] {
  const base = parseIpv4("30.0.0.0") as number;
  return Array.from({ length: askers }, (_, i) => ask(endpointOf(base + 256 * i, 5000), 3) as Address[]).flat();
}

test("also where the lot falls on the same few again and again, everybody has his turn", () => {
  let draws = 0;
  const { join, ask, pass } = opened({ u32: () => draws++ % 4 });
  const peers = Array.from({ length: 60 }, (_, i) => hostAt(i));
  for (const peer of peers) join(peer);
  pass(SECOND);

  const told = toldTo(200, ask);

  const counts = peers.map((peer) => told.filter((each) => each === peer).length);
  expect(Math.max(...counts)).toBeLessThanOrEqual((2 * 600) / 60 + 1);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

test("a newcomer waits for half a round, also where the lot falls on nobody else: it is not swamped", () => {
  const { join, ask, pass } = opened({ u32: () => 60 });
  for (let i = 0; i < 60; i++) join(hostAt(i));
  pass(SECOND);
  toldTo(20, ask);

  const late = hostAt(99);
  join(late);
  pass(SECOND);

  // Ten askers are told of thirty peers, of which there are 61.
  expect(toldTo(10, ask)).not.toContain(late);
  expect(toldTo(11, ask)).toContain(late);
});

test("an answer names no two peers of one host, and the second network only where the first has too few", () => {
  const { join, ask, pass } = opened();
  const sameHost = [hostAt(1, 6346), hostAt(1, 6347)];
  for (const peer of sameHost) join(peer);
  join(hostAt(2), 0, "gnutella/leaf");
  join(hostAt(3), 100);
  pass(SECOND);

  const named = ask(ASKER, 10, ["gnutella/ultrapeer", "gnutella/leaf"]) as Address[];
  expect(named.length).toBe(3);
  expect(named.filter((peer) => sameHost.includes(peer)).length).toBe(1);
  expect(named.at(-1)).toBe(hostAt(2));
  const two = ask(ASKER, 2, ["gnutella/ultrapeer", "gnutella/leaf"]) as Address[];
  expect(two).not.toContain(hostAt(2));
});

test("of one block of addresses an answer names two, while there are others", () => {
  const { join, ask, pass } = opened();
  for (let i = 1; i <= 40; i++) join(at(`20.9.9.${i}:6346`));
  for (let i = 1; i <= 20; i++) join(hostAt(i));
  pass(MINUTE);

  for (let round = 0; round < 20; round++) {
    const named = (ask(at(`198.51.100.${round}:50000`)) as Address[]).map(formatEndpoint);
    expect(named.length).toBe(10);
    expect(named.filter((text) => text.startsWith("20.9.9.")).length).toBeLessThanOrEqual(2);
  }
  // Where that block is all there is, it is named.
  const alone = opened();
  for (let i = 1; i <= 8; i++) alone.join(at(`20.9.9.${i}:6346`));
  alone.pass(MINUTE);
  expect((alone.ask() as Address[]).length).toBe(8);
});

test("one host and one block of addresses take no more than their part of the table", () => {
  const { desk, pass } = opened();
  const refused: Answer[] = [];
  const joinAt = (address: Address) => {
    const answer = desk.answer(address, { kind: "join", network: "chord", port: address % 0x10000, load: 0 });
    if (answer.kind === "refused") refused.push(answer);
  };
  for (let port = 2000; port < 2000 + LIMITS.peersPerHostMax + 1; port++) joinAt(at(`192.0.2.1:${port}`));
  expect(refused).toMatchObject([{ reason: "address" }]);

  refused.length = 0;
  for (let last = 2; last < 100; last++) joinAt(at(`192.0.2.${last}:2000`));
  expect(desk.size).toBe(LIMITS.peersPerBlockMax);
  pass(SECOND);
  expect(refused.length).toBe(98 - (LIMITS.peersPerBlockMax - LIMITS.peersPerHostMax));
});

test("a flood of names drives out no peer that answers, and leaves slots for its checks", () => {
  const { desk, join, ask, pass, dialled } = opened();
  const good = hostAt(1);
  join(good);
  pass(SECOND);
  // Nobody is at any of these.
  for (let i = 0; i < LIMITS.peersPerNetworkMax + 100; i++) {
    desk.answer(hostAt(10 + i), { kind: "join", network: "gnutella/ultrapeer", port: 6346, load: 0 });
  }
  expect(desk.size).toBe(LIMITS.peersPerNetworkMax);
  expect(dialled.length).toBeLessThanOrEqual(1 + LIMITS.firstChecksMax);
  pass(SECOND);

  expect(ask()).toEqual([good]);
});

test("a host that asks too often is refused and told when to come again; another is not", () => {
  const { ask, pass } = opened();
  const refusals = Array.from({ length: 1000 }, () => ask()).filter((answer) => !Array.isArray(answer));
  expect(refusals.length).toBe(1000 - LIMITS.unitsBurst);
  expect(refusals[0]).toEqual({ kind: "refused", reason: "too_often", againSeconds: 2 });
  expect(ask(hostAt(5))).toEqual([]);
  pass(2 * SECOND);
  expect(ask()).toEqual([]);
});

test("what was kept is known again, aged, and dialled again; what is too old or no longer allowed is not", () => {
  const first = opened();
  for (let i = 0; i < 5; i++) first.join(hostAt(i), 10 * i);
  first.pass(SECOND);
  const kept = first.desk.kept();
  expect(kept.map(({ reachedAgoMs }) => reachedAgoMs)).not.toContain(null);
  const unchecked = opened();
  unchecked.join(hostAt(0), 0);
  expect(unchecked.desk.kept()).toMatchObject([{ reachable: "unknown", reachedAgoMs: null }]);

  const second = opened({ mayList: (address) => address !== hostAt(4) });
  const aged = kept.map((peer, i) => (i === 3 ? { ...peer, seenAgoMs: LIMITS.forgetMs + 1 } : peer));
  second.desk.restore(aged);

  expect(new Set(second.ask() as Address[])).toEqual(new Set([hostAt(0), hostAt(1), hostAt(2)]));
  second.pass(SECOND);
  expect(second.dialled.toSorted()).toEqual([hostAt(0), hostAt(1), hostAt(2)].toSorted());
  expect(second.ask()).toEqual([]);
});
