// One member of the ring on a UDP port of its own: a Chord node with host and port, and its answers as promises. Every promise
// ends, also where the node forgot its question because it lost its place in the ring.
import type { Address, DatagramCodec } from "@servent/overlay/host/host.ts";
import { chordCodec } from "@servent/overlay/protocols/chord/codec.ts";
import type { LookupResult } from "@servent/overlay/protocols/chord/lookup.ts";
import type { Message, Peer, Record } from "@servent/overlay/protocols/chord/messages.ts";
import { ChordNode } from "@servent/overlay/protocols/chord/node.ts";
import { type ChordOptions, USUAL_OPTIONS } from "@servent/overlay/protocols/chord/options.ts";
import type { Records } from "@servent/overlay/protocols/chord/record-asker.ts";
import type { Routes } from "@servent/overlay/protocols/chord/routes.ts";
import type { Phase } from "@servent/overlay/protocols/chord/upkeep.ts";
import { SocketDatagramPort } from "../../runtime/socket-datagram-port.ts";
import { SocketHost } from "../../runtime/socket-host.ts";
import type { Meter } from "./meter.ts";
import { idOf, RING } from "./ring.ts";

export const CODEC: DatagramCodec<Message<bigint>> = chordCodec(RING);

export interface RingMemberOptions {
  /** Address to listen on, in digits. */
  readonly bind: string;
  /** What others are told, where `bind` is not an address of its own. */
  readonly advertise: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly routes: Routes<bigint>;
  readonly row: number;
  readonly accepts: (peer: Peer<bigint>) => boolean;
  readonly roundMs?: ChordOptions<bigint>["roundMs"] | undefined;
  readonly meter: Meter;
  readonly onPhase: () => void;
  /** Hears of every datagram, for whoever counts them by peer. */
  readonly onDatagram: (peer: Address, direction: "in" | "out", message: Message<bigint>) => void;
}

/** What asks the ring: a member, or in tests whoever answers in its place. */
export type Asker = Pick<RingMember, "lookup" | "fetch" | "store">;

/** An answer: the owner of a key, or what stands in for it. */
export type Found = LookupResult<bigint>;

/** A lookup asks a dozen peers and waits two seconds for each silent one; one that is longer under way is lost. */
const LOOKUP_WAIT_MS = 20_000;
/** One question to one peer; it knows silence by itself after two seconds. */
const ANSWER_WAIT_MS = 5000;
/** Peers who asked us lately and stand in none of our tables: some of them may be of another ring. */
const STRANGERS_MAX = 32;
/** A farewell ends by itself after two seconds. */
const LEAVE_WAIT_MS = 3000;

interface Waiting {
  readonly answer: (value: unknown) => void;
  readonly giveUp: NodeJS.Timeout;
}

export class RingMember {
  readonly node: ChordNode<bigint>;
  readonly port: SocketDatagramPort<Message<bigint>>;
  /** When the node came to its phase, by the monotonic clock. */
  phaseSince = performance.now();
  lookups = 0;
  lookupsFailed = 0;
  private readonly host: SocketHost;
  private readonly lastStrangers = new Set<Address>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly onPhase: () => void;
  private onLeft: (() => void) | undefined = undefined;

  /** Binds. Rejects with a ServentError. */
  static async open(options: RingMemberOptions): Promise<RingMember> {
    const { bind: host, port, advertise } = options;
    return new RingMember(await SocketDatagramPort.open(CODEC, { host, port, advertise }), options);
  }

  private constructor(port: SocketDatagramPort<Message<bigint>>, options: RingMemberOptions) {
    const { meter, routes, row, accepts, onDatagram, roundMs = USUAL_OPTIONS.roundMs } = options;
    this.port = port;
    this.onPhase = options.onPhase;
    this.host = new SocketHost();
    const metered = {
      self: port.self,
      send: (to: Address, message: Message<bigint>) => {
        meter.onSent(message);
        onDatagram(to, "out", message);
        port.send(to, message);
      },
    };
    this.node = new ChordNode(
      this.host,
      metered,
      RING,
      routes,
      row,
      idOf(port.self),
      { ...USUAL_OPTIONS, roundMs, accepts, rations: true, sendsOn: false },
      {
        onLookup: (_self, result) => this.answer(result.number, result),
        onPhase: () => {
          this.phaseSince = performance.now();
          if (this.node.phase === "out") this.onLeft?.();
          this.onPhase();
        },
        onRecords: (_self, number, answer) => this.answer(number, answer),
        onStored: (_self, number, seconds) => this.answer(number, seconds),
      },
    );
    this.host.attach(this.node);
    port.attach({
      onMessage: (from, message) => {
        meter.onReceived(message);
        onDatagram(from, "in", message);
        this.node.onMessage(from, message);
        if (message.kind === "find" || message.kind === "fetch") this.noteStranger(from);
      },
    });
  }

  get address(): Address {
    return this.port.self;
  }

  get phase(): Phase {
    return this.node.phase;
  }

  /** The peers in the tables, each once, nearest successor first; we ourselves are not among them. */
  neighbours(): Peer<bigint>[] {
    const { node } = this;
    const all = new Map<Address, Peer<bigint>>();
    for (const peer of [...node.successors, node.predecessor, ...node.routes.fingers(node.row)]) {
      if (peer !== undefined && peer.address !== this.address) all.set(peer.address, all.get(peer.address) ?? peer);
    }
    return [...all.values()];
  }

  /** Who asked us lately and is no neighbour, the latest first. */
  strangers(): Address[] {
    const known = new Set(this.neighbours().map(({ address }) => address));
    return [...this.lastStrangers].filter((address) => address !== this.address && !known.has(address)).toReversed();
  }

  /** Undefined: it took too long. A lookup that failed has no owner. */
  async lookup(key: bigint): Promise<Found | undefined> {
    this.lookups++;
    const result = await this.wait<Found>(this.node.lookup(key), LOOKUP_WAIT_MS);
    if (result?.owner === undefined) this.lookupsFailed++;
    return result;
  }

  /** Undefined: silence. */
  fetch(from: Address, key: bigint, skip: number): Promise<Records | undefined> {
    return this.wait(this.node.fetch(from, key, skip), ANSWER_WAIT_MS);
  }

  /** Seconds for which it is kept; 0: refused, or silence. */
  async store(at: Address, permit: number, key: bigint, record: Record, seconds: number): Promise<number> {
    return (await this.wait<number>(this.node.store(at, permit, key, record, seconds), ANSWER_WAIT_MS)) ?? 0;
  }

  /** Says goodbye, where there is anybody to say it to. Bounded. */
  async leave(): Promise<void> {
    if (this.phase !== "member" || this.neighbours().length === 0) return;
    const left = new Promise<void>((resolve) => {
      this.onLeft = resolve;
    });
    this.node.leave();
    await Promise.race([left, new Promise((resolve) => setTimeout(resolve, LEAVE_WAIT_MS).unref())]);
  }

  close(): void {
    this.node.stop();
    this.host.stop();
    this.port.close();
    for (const number of this.waiting.keys()) this.answer(number, undefined);
  }

  private noteStranger(from: Address): void {
    this.lastStrangers.delete(from);
    this.lastStrangers.add(from);
    for (const oldest of this.lastStrangers) {
      if (this.lastStrangers.size <= STRANGERS_MAX) break;
      this.lastStrangers.delete(oldest);
    }
  }

  private wait<T>(number: number, ms: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const giveUp = setTimeout(() => this.answer(number, undefined), ms);
      giveUp.unref();
      this.waiting.set(number, { answer: (value) => resolve(value as T | undefined), giveUp });
    });
  }

  private answer(number: number, value: unknown): void {
    const waiting = this.waiting.get(number);
    if (waiting === undefined) return;
    this.waiting.delete(number);
    clearTimeout(waiting.giveUp);
    waiting.answer(value);
  }
}
