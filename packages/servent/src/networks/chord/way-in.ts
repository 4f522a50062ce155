// How our members get into a ring, and stay in the only one there is: first through peers that we know, then, where nobody
// answers, with a ring of their own, from which they go on asking. A ring that lost sight of others finds them the same way.
import type { Address } from "@servent/overlay/host/host.ts";
import { Nap } from "./pace.ts";
import type { RingMember } from "./ring-member.ts";
import { RING_SHAPE } from "./ring.ts";

export interface WayInOptions {
  /** The first goes in by itself, the others through it. */
  readonly members: readonly [RingMember, ...RingMember[]];
  /** Peers that our owner named, and those known from before; the best first. */
  readonly candidates: () => readonly Address[];
  /** May an address be asked of which we know only that somebody asked us from there? */
  readonly mayAsk: (address: Address) => boolean;
}

/** Candidates that are asked at once, and how many are asked in one round. */
const ASKED_AT_ONCE = 16;
const ASKED_MAX = 64;
/** Joining takes a lookup and two questions; who has not let us in by then does not. */
const JOIN_WAIT_MS = 8000;
/** A node that lost its ring tries by itself to come back, for so long. */
const COME_BACK_MS = 10_000;
/** After joining we look soon whether others joined beside us at the same time. */
const EARLY_MEETINGS_MS: readonly number[] = [1000, 2000, 4000, 8000];
/** A ring of one, or one that we see whole, looks for others this often; a big one is rarely cut off. */
const SMALL_RING_MS = 30_000;
const BIG_RING_MS = 10 * 60_000;
const IN_A_HURRY_MS = 5000;
/** Whoever asks a ring that sees itself whole, and is not in it, is new or of another ring. So often we look whether. */
const STRANGER_MS = 3000;

export class WayIn {
  /** The last candidate that did not answer, or answered and did not let us in. */
  unwilling: { readonly address: Address; readonly answered: boolean } | undefined = undefined;
  private readonly options: WayInOptions;
  private readonly nap = new Nap();
  private readonly first: RingMember;
  private isStopped = false;
  private meetings = 0;
  private roundsAlone = 0;
  private wanted: Address | undefined = undefined;
  private strangersAt = Number.NEGATIVE_INFINITY;
  /** Strangers that we met already. */
  private readonly met = new Set<Address>();

  constructor(options: WayInOptions) {
    this.options = options;
    this.first = options.members[0];
  }

  start(): void {
    void this.run();
  }

  stop(): void {
    this.isStopped = true;
    this.nap.end();
  }

  /** Our owner names a peer: it is asked at once. */
  meet(address: Address): void {
    this.wanted = address;
    this.lookAgain();
  }

  /** Call now and then: somebody who asked us may lead to another ring. */
  lookAtStrangers(): void {
    const now = performance.now();
    if (now - this.strangersAt < STRANGER_MS || !this.isSmall || this.first.phase !== "member") return;
    if (this.newStrangers().length === 0) return;
    this.strangersAt = now;
    this.nap.wake();
  }

  /** We came among others, or others to us: soon the ring may look different. */
  lookAgain(): void {
    this.meetings = 0;
    this.nap.wake();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      await this.round();
      await this.nap.sleep(this.waitMs());
    }
  }

  private async round(): Promise<void> {
    const { first } = this;
    if (first.phase === "member") await this.meetSomebody();
    else if (!this.isComingBack(first)) await this.join();
    if (first.phase !== "member" || this.isStopped) return;
    for (const member of this.options.members) if (member.phase === "out") member.node.join(first.address);
  }

  /** The node found out by itself that it had lost its ring, a moment ago. */
  private isComingBack(member: RingMember): boolean {
    return member.phase === "joining" && performance.now() - member.phaseSince < COME_BACK_MS;
  }

  private async join(): Promise<void> {
    const { first } = this;
    first.node.stop();
    for (const address of await this.answering(this.candidates())) {
      if (this.isStopped) return;
      first.node.join(address);
      if (await this.isIn()) return;
      this.unwilling = { address, answered: true };
      first.node.stop();
    }
    if (this.isStopped) return;
    this.roundsAlone = 0;
    first.node.create();
  }

  private async isIn(): Promise<boolean> {
    const end = performance.now() + JOIN_WAIT_MS;
    while (!this.isStopped && this.first.phase !== "member" && performance.now() < end)
      await this.nap.sleep(JOIN_LOOK_MS);
    return this.first.phase === "member";
  }

  private async meetSomebody(): Promise<void> {
    const [answered] = await this.answering(this.chosen());
    if (answered === undefined || this.isStopped) return;
    for (const member of this.options.members) member.node.meet(answered);
  }

  /** Whom to ask in this round. */
  private chosen(): Address[] {
    const isAlone = this.first.neighbours().length === 0;
    const isWanted = this.wanted !== undefined;
    const candidates = this.candidates();
    this.wanted = undefined;
    this.meetings++;
    if (isAlone) this.roundsAlone++;
    if (isAlone || isWanted) return candidates;
    const [stranger] = this.isSmall ? this.newStrangers() : [];
    if (stranger === undefined) return this.oneOf(candidates);
    this.noteMet(stranger);
    return [stranger];
  }

  private newStrangers(): Address[] {
    return this.first.strangers().filter((address) => !this.met.has(address) && this.options.mayAsk(address));
  }

  private noteMet(address: Address): void {
    this.met.add(address);
    for (const oldest of this.met) {
      if (this.met.size <= MET_MAX) break;
      this.met.delete(oldest);
    }
  }

  /** We see all of our ring. */
  private get isSmall(): boolean {
    return this.first.neighbours().length < RING_SHAPE.successors;
  }

  /** Somebody outside our tables; soon after joining anybody, for he may know better who is beside us. */
  private oneOf(candidates: readonly Address[]): Address[] {
    const known = this.first.neighbours().map(({ address }) => address);
    const isEarly = this.meetings < EARLY_MEETINGS_MS.length;
    const strangers = this.first.strangers().filter((address) => this.options.mayAsk(address));
    const pool = [...candidates, ...strangers].filter((address) => !known.includes(address));
    if (isEarly) pool.push(...known);
    const chosen = pool[Math.floor(Math.random() * pool.length)];
    return chosen === undefined ? [] : [chosen];
  }

  private candidates(): Address[] {
    const own = this.options.members.map(({ address }) => address);
    const wanted = this.wanted === undefined ? [] : [this.wanted];
    // Alone, whoever asked us is as good as anybody.
    const strangers = this.first.neighbours().length === 0 ? this.newStrangers() : [];
    return [...new Set([...wanted, ...this.options.candidates(), ...strangers])]
      .filter((address) => !own.includes(address))
      .slice(0, ASKED_MAX);
  }

  /** Those who are members of a ring, in the order of their answers; no more are asked than it takes to find some. */
  private async answering(candidates: readonly Address[]): Promise<Address[]> {
    const { first } = this;
    for (let at = 0; at < candidates.length && !this.isStopped; at += ASKED_AT_ONCE) {
      const answered: Address[] = [];
      const ask = async (address: Address): Promise<void> => {
        if ((await first.fetch(address, first.node.id, NO_RECORDS)) !== undefined) answered.push(address);
        else this.unwilling = { address, answered: false };
      };
      await Promise.all(candidates.slice(at, at + ASKED_AT_ONCE).map(ask));
      if (answered.length > 0) return answered;
    }
    return [];
  }

  private waitMs(): number {
    const { first } = this;
    const jitter = 0.75 + Math.random() / 2;
    if (first.phase !== "member") return jitter * IN_A_HURRY_MS;
    const neighbours = first.neighbours().length;
    if (neighbours === 0 && this.roundsAlone < EARLY_MEETINGS_MS.length) return jitter * IN_A_HURRY_MS;
    if (this.isSmall && this.newStrangers().length > 0) return jitter * STRANGER_MS;
    return jitter * (EARLY_MEETINGS_MS[this.meetings] ?? (this.isSmall ? SMALL_RING_MS : BIG_RING_MS));
  }
}

const JOIN_LOOK_MS = 20;
/** Strangers that we remember to have met; one forgotten is met once more. */
const MET_MAX = 256;
/** Skips every record: the question is only whether somebody answers. */
const NO_RECORDS = 0xffff_ffff;
