// The choice of hosts in the lab: one file at six owners whose lines and distances differ, one of them dead. The bytes are modelled:
// a message says how many it stands for, and the owner's line takes as long as they would. The order is a download's: what is expected
// of a host, by the comparison of `crew.ts`.
import { expect, test } from "vitest";
import type { Address, Host, Link, StreamCodec, StreamNode, StreamPort } from "@servent/overlay/host/host.ts";
import { HostChoice } from "@servent/overlay/protocols/napster/host-choice.ts";
import { Rates } from "@servent/lab/network/rates.ts";
import { World } from "@servent/lab/engine/world.ts";
import { compareStandings, type Standing } from "../../packages/servent/src/transfers/crew.ts";

type Data =
  /** The `1` of the data port. */
  | { readonly kind: "hello" }
  | { readonly kind: "get"; readonly bytes: number }
  /** Stands for so many bytes of the file. */
  | { readonly kind: "part"; readonly bytes: number };

const PART = 4096;
const SIZES = { hello: 1, get: 64 } as const;

/** At the fidelity of messages nothing is encoded; the size is what counts. */
const CODEC: StreamCodec<Data> = {
  size: (message) => (message.kind === "part" ? message.bytes : SIZES[message.kind]),
  messageBytesMax: PART,
  link: () => {
    throw new Error("modelled only");
  },
};

/** Greets, and sends what it is asked for as fast as its line goes. */
class Owner implements StreamNode<Data> {
  given = 0;
  private readonly port: StreamPort<Data>;
  private readonly left = new Map<Link, number>();

  constructor(port: StreamPort<Data>) {
    this.port = port;
  }

  onOpen(link: Link): void {
    this.port.send(link, { kind: "hello" });
  }

  onMessage(link: Link, message: Data): void {
    if (message.kind !== "get") return;
    this.left.set(link, (this.left.get(link) ?? 0) + message.bytes);
    this.fill(link);
  }

  onWritable(link: Link): void {
    this.fill(link);
  }

  onClose(link: Link): void {
    this.left.delete(link);
  }

  onMalformed(): void {}
  onTimer(): void {}

  private fill(link: Link): void {
    for (let left = this.left.get(link) ?? 0; left > 0; left = this.left.get(link) ?? 0) {
      const bytes = Math.min(left, PART);
      this.left.set(link, left - bytes);
      this.given += bytes;
      if (!this.port.send(link, { kind: "part", bytes })) return;
    }
  }
}

/** What is tried with each owner before the file is fetched: enough to measure a rate. */
const PROBE = 32 * 1024;
const PING_MS = 2000;
const SILENT_MS = 5000;

/** Pings all, tries those that answered, fetches the rest from the best, and falls over to the next when that one stops. */
class Fetcher implements StreamNode<Data> {
  readonly choice = new HostChoice<Address>();
  readonly bytesFrom = new Map<Address, number>();
  readonly order: Address[] = [];
  private readonly failures = new Map<Address, number>();
  doneAt = 0;
  private readonly host: Host;
  private readonly port: StreamPort<Data>;
  private readonly owners: readonly Address[];
  private readonly links = new Map<Link, { readonly owner: Address; readonly dialledAt: number; isOpen: boolean }>();
  private left: number;
  /** Owners still to be tried. */
  private untried: Address[] = [];
  private request:
    | { readonly link: Link; readonly owner: Address; bytes: number; got: number; since: number; heardAt: number }
    | undefined;

  constructor(host: Host, port: StreamPort<Data>, owners: readonly Address[], bytes: number) {
    this.host = host;
    this.port = port;
    this.owners = owners;
    this.left = bytes;
  }

  start(): void {
    for (const owner of this.owners) {
      this.links.set(this.port.dial(owner), { owner, dialledAt: this.host.now(), isOpen: false });
    }
    this.host.arm(0, PING_MS);
  }

  onOpen(): void {}
  onMalformed(): void {}
  onWritable(): void {}

  onMessage(link: Link, message: Data): void {
    const peer = this.links.get(link);
    if (peer === undefined) return;
    if (message.kind === "hello") {
      peer.isOpen = true;
      this.choice.onPing(peer.owner, this.host.now() - peer.dialledAt);
    }
    if (message.kind === "part") this.onPart(message.bytes);
  }

  onClose(link: Link): void {
    const peer = this.links.get(link);
    this.links.delete(link);
    if (peer !== undefined) this.onLost(link, peer.owner);
  }

  onTimer(): void {
    this.host.arm(0, 500);
    const { request } = this;
    if (request === undefined && this.order.length === 0) {
      this.untried = this.ordered(this.reachable());
      this.next();
    } else if (request !== undefined && this.host.now() - request.heardAt > SILENT_MS) {
      this.onLost(request.link, request.owner);
    }
  }

  /** The best first. */
  ordered(owners: readonly Address[]): Address[] {
    const standings = owners.map((owner) => this.standingOf(owner));
    return standings.sort(compareStandings).map(({ number }) => number);
  }

  /** Nobody who is free gives anything now. */
  private standingOf(owner: Address): Standing {
    const bytes = this.bytesFrom.get(owner) ?? 0;
    const expectedRate = this.choice.expected(owner, this.host.now());
    return { rate: 0, failures: this.failures.get(owner) ?? 0, bytes, expectedRate, number: owner };
  }

  private reachable(): Address[] {
    return [...this.links.values()].filter(({ isOpen }) => isOpen).map(({ owner }) => owner);
  }

  private onPart(bytes: number): void {
    const { request } = this;
    if (request === undefined) return;
    const now = this.host.now();
    // The way there and back is no part of the rate.
    if (request.got === 0) request.since = now;
    request.got += bytes;
    request.heardAt = now;
    this.left -= bytes;
    this.bytesFrom.set(request.owner, (this.bytesFrom.get(request.owner) ?? 0) + bytes);
    if (request.got < request.bytes) return;
    this.choice.onBytes(request.owner, request.got, now - request.since);
    this.request = undefined;
    this.next();
  }

  private onLost(link: Link, owner: Address): void {
    this.choice.onFailure(owner, this.host.now());
    this.failures.set(owner, (this.failures.get(owner) ?? 0) + 1);
    this.links.delete(link);
    if (this.request?.link !== link) return;
    this.request = undefined;
    this.next();
  }

  private next(): void {
    if (this.left <= 0) {
      this.doneAt ||= this.host.now();
      return;
    }
    const probed = this.untried.shift();
    const owner = probed ?? this.ordered(this.reachable())[0];
    const link = [...this.links].find(([, peer]) => peer.owner === owner)?.[0];
    if (owner === undefined || link === undefined) return;
    this.order.push(owner);
    const now = this.host.now();
    // In pieces, so that the choice is looked at again.
    const bytes = Math.min(this.left, probed === undefined ? 16 * PROBE : PROBE);
    this.request = { link, owner, bytes, got: 0, since: 0, heardAt: now };
    this.port.send(link, { kind: "get", bytes });
  }
}

/** Kilobytes a second, which are bytes a millisecond, and milliseconds of the way; the dead one cannot be dialled. */
const OWNERS = [
  { rate: 15, wayMs: 5 },
  { rate: 4, wayMs: 80 },
  { rate: 120, wayMs: 150 },
  { rate: 60, wayMs: 10 },
  { rate: 500, wayMs: 1, isDead: true },
  { rate: 30, wayMs: 300 },
] as const;
const BEST = 2;
const NEXT_BEST = 3;
const DEAD = 4;
const FILE = 4_000_000;

function town() {
  const world = new World({
    seed: 11,
    latency: (from, to) => OWNERS[Math.min(from, to)]?.wayMs ?? 1,
    lines: new Rates({
      lineOf: (peer) => ({ uploadBytesPerMs: OWNERS[peer]?.rate ?? 1000, downloadBytesPerMs: 1000 }),
      queueBytesMax: 1 << 20,
    }),
    markBytes: 16 * 1024,
  });
  const owners = OWNERS.map((owner) => {
    const peer = world.peer<Data>(CODEC, { dialable: !("isDead" in owner) });
    const node = new Owner(peer.port);
    peer.attach(node);
    return { peer, node, address: peer.address };
  });
  const peer = world.peer<Data>(CODEC);
  const fetcher = new Fetcher(
    peer.host,
    peer.port,
    owners.map(({ address }) => address),
    FILE,
  );
  peer.attach(fetcher);
  fetcher.start();
  return { world, owners, fetcher };
}

test("of six owners with modelled lines the best gives the file, whoever is nearest", () => {
  const { world, fetcher } = town();

  expect(world.runUntil(() => fetcher.doneAt > 0, 600_000)).toBe(true);

  const given = OWNERS.map((_, i) => fetcher.bytesFrom.get(i) ?? 0);
  expect(given[DEAD]).toBe(0);
  expect(given[BEST]).toBeGreaterThan(0.95 * FILE);
  // Each of the others gave what it was tried with.
  for (const i of [0, 1, 3, 5]) expect(given[i]).toBe(PROBE);
  // The best alone would take 34 seconds, the next one 67; trying the slow ones costs some.
  expect(fetcher.doneAt).toBeLessThan(60_000);
});

test("when the best dies in the middle the next best goes on", () => {
  const { world, owners, fetcher } = town();
  world.runUntil(() => (fetcher.bytesFrom.get(BEST) ?? 0) > FILE / 2, 600_000);

  world.crash((owners[BEST] as (typeof owners)[number]).peer);
  expect(world.runUntil(() => fetcher.doneAt > 0, 600_000)).toBe(true);

  expect(fetcher.order.at(-1)).toBe(NEXT_BEST);
  expect(fetcher.bytesFrom.get(NEXT_BEST)).toBeGreaterThan(0.3 * FILE);
});

test("without measured rates the order follows the pings", () => {
  const { world, fetcher } = town();
  world.runUntil(() => fetcher.order.length > 0, 10_000);
  const nearest = OWNERS.map(({ wayMs }, i) => ({ i, wayMs })).sort((a, b) => a.wayMs - b.wayMs);
  const expected = nearest.map(({ i }) => i).filter((i) => i !== DEAD);
  expect(fetcher.ordered([5, 4, 3, 2, 1, 0])).toEqual([...expected, DEAD]);
});
