// The introducer's desk: notes who is there, has each of them dialled now and again, and tells newcomers of some. It opens nothing
// itself: `events.check` asks its owner to dial, `checked` brings what came of it. What it has dialled is never anything but the
// address that a request itself came from, so nobody can make it knock on somebody else's door.
import { assert } from "../../base/assert.ts";
import { endpointOf, hostOf, ipv4Of } from "../../base/ipv4.ts";
import { Rations } from "../../base/rations.ts";
import type { Address, Host, Millis } from "../../host/host.ts";
import { isOnSockets } from "./block-of.ts";
import { LIMITS } from "./limits.ts";
import type { Answer, Ask, IntroducedPeer, Join, Leave, Reachable, Reason, Request } from "./messages.ts";
import { type Entry, Roster } from "./roster.ts";

export interface DeskOptions {
  /** Names of networks whose peers are introduced to each other; a request for any other is refused. */
  readonly networks: readonly string[];
  /** Whether a peer at this address may be listed and dialled: private ones only where the owner allows them. */
  readonly mayList: (address: Address) => boolean;
  /** Time between two checks of a peer, `LIMITS.recheckMs` where absent; `freshMs` grows and shrinks with it. */
  readonly recheckMs?: Millis;
}

export interface DeskEvents {
  /** Connect to this address, send nothing, hang up, and say by `checked` whether somebody was there. */
  check(address: Address): void;
}

/** A peer as it outlives the introducer. */
export interface KeptPeer {
  readonly network: string;
  readonly address: Address;
  readonly load: number;
  readonly reachable: Reachable;
  /** Since it said that it is there, and since it was reached; milliseconds. Null: it never was. */
  readonly seenAgoMs: Millis;
  readonly reachedAgoMs: Millis | null;
}

/** Timer of the desk; the numbers below belong to whoever owns it. */
export const DESK_TIMER = 7;
const SWEEP_EVERY_MS = 1000;
const SECOND_MS = 1000;

export class Desk {
  readonly counts = { requests: 0, joins: 0, asks: 0, given: 0, refused: 0, checks: 0, gone: 0 };

  private readonly host: Host;
  private readonly options: DeskOptions;
  private readonly events: DeskEvents;
  private readonly rosters = new Map<string, Roster>();
  private readonly rations = new Rations({
    burst: LIMITS.unitsBurst,
    perSecond: LIMITS.unitsPerMinute / 60,
    hostsMax: LIMITS.hostsMax,
  });
  private readonly recheckMs: Millis;
  private readonly freshMs: Millis;
  /** Addresses that are being dialled; true: for a peer that is not known to be there. */
  private readonly underway = new Map<Address, boolean>();
  private firstChecks = 0;

  constructor(host: Host, options: DeskOptions, events: DeskEvents) {
    assert(options.networks.length <= LIMITS.networksMax, "a desk serves no more networks than its limit");
    this.host = host;
    this.options = options;
    this.events = events;
    this.recheckMs = options.recheckMs ?? LIMITS.recheckMs;
    this.freshMs = (this.recheckMs * LIMITS.freshMs) / LIMITS.recheckMs;
    for (const network of options.networks) this.rosters.set(network, new Roster(network, this.freshMs));
  }

  /** Whoever dies is gone from all answers after this time. */
  get goneWithinMs(): Millis {
    return this.freshMs;
  }

  /** Peers known, in all networks. */
  get size(): number {
    let sum = 0;
    for (const { size } of this.rosters.values()) sum += size;
    return sum;
  }

  start(): void {
    this.host.arm(DESK_TIMER, SWEEP_EVERY_MS);
  }

  stop(): void {
    this.host.disarm(DESK_TIMER);
  }

  /** Peers known, and how many of them can be given, by network. */
  numbers(): readonly { readonly network: string; readonly known: number; readonly ready: number }[] {
    return Array.from(this.rosters.values(), ({ network, size, readyCount }) => ({
      network,
      known: size,
      ready: readyCount,
    }));
  }

  /** The answer to a request that came from this address; its port is not looked at. */
  answer(from: Address, request: Request): Answer {
    this.counts.requests++;
    const units = request.kind === "join" ? LIMITS.joinUnits : 1;
    const waitMs = this.rations.take(hostOf(from), this.host.now(), units);
    if (waitMs > 0) return this.refuse("too_often", Math.ceil(waitMs / SECOND_MS));
    switch (request.kind) {
      case "join":
        return this.join(from, request);
      case "leave":
        return this.leave(from, request);
      case "ask":
        return this.ask(from, request);
    }
  }

  /** What came of a check. */
  checked(address: Address, isThere: boolean): void {
    if (this.underway.get(address) === true) this.firstChecks--;
    if (!this.underway.delete(address)) return;
    const now = this.host.now();
    for (const roster of this.rosters.values()) {
      const entry = roster.get(address);
      if (entry !== undefined) this.note(roster, entry, isThere, now);
    }
  }

  onTimer(timer: number): void {
    if (timer !== DESK_TIMER) return;
    this.host.arm(DESK_TIMER, SWEEP_EVERY_MS);
    this.forgetSilent();
    this.checkDue();
  }

  /** All that is worth keeping until the next start. */
  kept(): KeptPeer[] {
    const now = this.host.now();
    return Array.from(this.rosters.values()).flatMap((roster) =>
      Array.from(roster.all(), ({ address, load, reachable, seenAt, reachedAt }) => ({
        network: roster.network,
        address,
        load,
        reachable,
        seenAgoMs: now - seenAt,
        reachedAgoMs: reachedAt === null ? null : now - reachedAt,
      })),
    );
  }

  /** Takes back what was kept, before the start; peers that no longer may be listed are left out. All are checked again soon. */
  restore(peers: readonly KeptPeer[]): void {
    const now = this.host.now();
    for (const { network, address, load, reachable, seenAgoMs, reachedAgoMs } of peers) {
      const roster = this.rosters.get(network);
      if (roster === undefined || seenAgoMs > LIMITS.forgetMs || !this.options.mayList(address)) continue;
      if (this.size >= LIMITS.peersMax) return;
      const entry = roster.note(address, load, now - seenAgoMs);
      if (entry === undefined) continue;
      entry.reachable = reachable;
      entry.reachedAt = reachedAgoMs === null ? null : now - reachedAgoMs;
      if (reachable === "yes") roster.offer(entry);
    }
  }

  // --- requests

  private join(from: Address, { network, port, load }: Join): Answer {
    const roster = this.rosters.get(network);
    if (roster === undefined) return this.refuse("network", 0);
    const address = endpointOf(ipv4Of(from), port);
    if (isOnSockets(address) && port < LIMITS.portLeast) return this.refuse("port", 0);
    if (!this.options.mayList(address)) return this.refuse("address", 0);
    if (roster.get(address) === undefined && this.size >= LIMITS.peersMax) this.makeRoom(roster);
    const entry = roster.note(address, load, this.host.now());
    if (entry === undefined) return this.refuse("address", LIMITS.forgetMs / SECOND_MS);
    this.counts.joins++;
    const now = this.host.now();
    // It is back, or its owner has opened the port: it need not wait for its turn.
    if (entry.reachable === "no") entry.checkAt = Math.min(entry.checkAt, entry.checkedAt + LIMITS.checkAgainMs);
    if (entry.checkAt <= now) this.check(entry);
    const againMs = entry.reachable === "yes" ? LIMITS.joinAgainMs : LIMITS.askAgainMs;
    return { kind: "joined", reachable: entry.reachable, againSeconds: againMs / SECOND_MS };
  }

  private leave(from: Address, { network, port }: Leave): Answer {
    const roster = this.rosters.get(network);
    const entry = roster?.get(endpointOf(ipv4Of(from), port));
    if (roster !== undefined && entry !== undefined) roster.forget(entry);
    return { kind: "left" };
  }

  private ask(from: Address, { networks, count, port }: Ask): Answer {
    const rosters = networks.flatMap((network) => this.rosters.get(network) ?? []);
    if (rosters.length === 0) return this.refuse("network", 0);
    this.counts.asks++;
    const now = this.host.now();
    const asker = endpointOf(ipv4Of(from), port);
    const hosts = new Set<number>();
    const peers: IntroducedPeer[] = [];
    for (const roster of rosters) {
      const missing = count - peers.length;
      if (missing <= 0) break;
      for (const { address, load, seenAt } of roster.choose({ count: missing, asker, hosts }, now, () =>
        this.host.u32(),
      )) {
        const ageSeconds = Math.max(0, Math.floor((now - seenAt) / SECOND_MS));
        peers.push({ network: roster.network, address, ageSeconds, load });
      }
    }
    this.counts.given += peers.length;
    const againMs = peers.length === 0 ? LIMITS.askEmptyMs : LIMITS.askAgainMs;
    return { kind: "peers", peers, againSeconds: againMs / SECOND_MS };
  }

  private refuse(reason: Reason, againSeconds: number): Answer {
    this.counts.refused++;
    return { kind: "refused", reason, againSeconds };
  }

  /** One peer goes: of the network that has most, so that none is driven out by another. */
  private makeRoom(forOne: Roster): void {
    let largest = forOne;
    for (const roster of this.rosters.values()) if (roster.size > largest.size) largest = roster;
    largest.dropWorst();
  }

  // --- checks

  private note(roster: Roster, entry: Entry, isThere: boolean, now: Millis): void {
    entry.checkedAt = now;
    // Spread, so that peers that came together are not all dialled together for ever.
    entry.checkAt = now + Math.ceil(this.recheckMs * (0.8 + (this.host.u32() % 200) / 1000));
    if (isThere) {
      entry.reachable = "yes";
      entry.reachedAt = now;
      roster.offer(entry);
      return;
    }
    // It stays in the table, to tell its owner when it joins again, and to not be dialled at every join.
    if (entry.reachable === "yes") this.counts.gone++;
    entry.reachable = "no";
    roster.withdraw(entry);
  }

  private forgetSilent(): void {
    const oldest = this.host.now() - LIMITS.forgetMs;
    for (const roster of this.rosters.values()) {
      for (const entry of roster.all()) if (entry.seenAt < oldest) roster.forget(entry);
    }
  }

  /** Starts the checks that are due: known peers before those that were never reached. */
  private checkDue(): void {
    const now = this.host.now();
    for (const isFirst of [false, true]) {
      for (const roster of this.rosters.values()) {
        for (const entry of roster.all()) {
          if (entry.checkAt <= now && (entry.reachable !== "yes") === isFirst) this.check(entry);
        }
      }
    }
  }

  /** Dials it, where there is a slot and it is not being dialled. */
  private check({ address, reachable }: Entry): void {
    const isFirst = reachable !== "yes";
    if (this.underway.size >= LIMITS.checksMax || this.underway.has(address)) return;
    if (isFirst && this.firstChecks >= LIMITS.firstChecksMax) return;
    this.counts.checks++;
    if (isFirst) this.firstChecks++;
    this.underway.set(address, isFirst);
    this.events.check(address);
  }
}
