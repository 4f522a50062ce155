// A union on a NATS server: a search is published once and reaches all, answers go to the asker's own subject. NATS keeps nothing and
// promises nothing, as we need it: whoever waits has a deadline. What is said is as in the mesh (mesh/union-codec.ts), in its envelopes.
// The client is @nats-io/transport-node, where NATS's own client for Node is maintained; the package `nats` is its predecessor.
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { connect, type Msg, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { plainBytes } from "../../runtime/plain-bytes.ts";
import { decodeMeshMessage, encodeMeshMessage } from "@servent/overlay/protocols/napster/mesh/codec.ts";
import { type Envelope, type MeshMessage, RANKS, type Rank } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { USUAL_MESH_OPTIONS } from "@servent/overlay/protocols/napster/mesh/options.ts";
import {
  decodeUnionMessage,
  encodeUnionMessages,
  rankOf,
} from "@servent/overlay/protocols/napster/mesh/union-codec.ts";
import type { UnionEvents, UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import { ServentError } from "../../base/servent-error.ts";
import { BusPresence } from "./bus-presence.ts";
import { natsConnection, natsPlace } from "./nats-address.ts";
import { checkServerName, type OpenUnion } from "./open-union.ts";

export interface NatsUnionOptions {
  readonly name: string;
  /** Which union of those on this bus: letters, digits, `-` and `_`. */
  readonly union: string;
  /** NATS servers of one cluster, as nats-address.ts reads them. */
  readonly urls: readonly string[];
  readonly timing?: { readonly beatMs: number; readonly silenceMs: number };
}

export interface NatsEvents extends UnionEvents {
  /** The bus is there, or gone; `text` says where, or why, for people. */
  onBus(isThere: boolean, text: string): void;
  /** We are not on it, and why, for people. */
  onRefused(reason: string): void;
}

/** Bytes that NATS has not yet taken, up to which each rank is published: lists are lost first, then searches. */
const PENDING_BYTES_MAX: Readonly<Record<Rank, number>> = {
  word: 4 << 20,
  hits: 3 << 20,
  search: 2 << 20,
  browse: 1 << 20,
};
/** Between two attempts to get in, and to get in again. */
const RETRY_MS = 500;
const CONNECT_TIMEOUT_MS = 5000;
/** A NATS server that answers nothing for two of these is gone. */
const PING_EVERY_MS = 2000;
const PINGS_MAX = 2;
/** A last word need not take longer. */
const FAREWELL_MS = 1000;
/** Bytes on a hot path are counted, not measured: head of a publish and subject. */
const PUBLISH_BYTES = 100;

export class NatsUnion implements OpenUnion {
  readonly counters = {
    /** For want of a bus, or of room on it, by rank. */
    dropped: Object.fromEntries(RANKS.map((rank) => [rank, 0])) as Record<Rank, number>,
    unroutable: 0,
    malformed: 0,
    oversized: 0,
  };
  private readonly id = randomBytes(8).toString("hex");
  private readonly options: NatsUnionOptions;
  private readonly beatMs: number;
  private readonly events: NatsEvents;
  private readonly presence: BusPresence;
  private readonly subjects: { readonly all: string; readonly one: (id: string) => string };
  private readonly closing = new AbortController();
  private readonly beating: NodeJS.Timeout;
  private beatDueAt: number;
  /** The client, also while it tries to get in again; and while it is in. */
  private client: NatsConnection | undefined;
  private connection: NatsConnection | undefined;
  private envelopes = 0;
  /** Published since NATS last said that it has all. */
  private pendingBytes = 0;
  /** Counts connections: what was asked of an earlier one may never be answered. */
  private connections = 0;
  private isFlushing = false;
  private lastTrouble = "";
  private readonly ended: Promise<void>;

  /** Begins to connect, and goes on trying. Throws ServentError `invalid_value` where an option is wrong. */
  static open(options: NatsUnionOptions, events: NatsEvents): NatsUnion {
    checkServerName(options.name);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(options.union)) {
      throw new ServentError(
        "invalid_value",
        `"${options.union}" is no name of a union.`,
        "Use letters, digits, - and _.",
      );
    }
    return new NatsUnion(options, natsConnection(options.urls), events);
  }

  private constructor(options: NatsUnionOptions, connection: NodeConnectionOptions, events: NatsEvents) {
    const { name, union, timing = USUAL_MESH_OPTIONS } = options;
    this.options = options;
    this.events = events;
    this.beatMs = timing.beatMs;
    this.subjects = { all: `servent.union.${union}.all`, one: (id) => `servent.union.${union}.to.${id}` };
    this.presence = new BusPresence(
      { id: this.id, name, beatMs: timing.beatMs, silenceMs: timing.silenceMs },
      {
        onUp: (server) => events.onServerUp(server),
        onDown: (server) => events.onServerDown(server),
        onNameTaken: () => events.onRefused(`another server of this union is called ${name}`),
      },
    );
    this.beatDueAt = performance.now() + this.beatMs;
    this.beating = setInterval(() => this.onBeatDue(), this.beatMs);
    this.ended = this.run({
      ...connection,
      name: `servent ${name}`,
      noEcho: true,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RETRY_MS,
      reconnectJitter: RETRY_MS,
      reconnectJitterTLS: RETRY_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: PINGS_MAX,
    });
  }

  servers(): readonly string[] {
    return this.presence.all(performance.now()).map(({ name }) => name);
  }

  broadcast(message: UnionMessage): readonly string[] {
    const servers = this.presence.all(performance.now());
    if (servers.length === 0) return [];
    return this.say(this.subjects.all, [], message) ? servers.map(({ name }) => name) : [];
  }

  send(server: string, message: UnionMessage): void {
    const known = this.presence.named(server, performance.now());
    if (known === undefined) this.counters.unroutable++;
    else this.say(this.subjects.one(known.id), [known.id], message);
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    clearInterval(this.beating);
    const beat = this.presence.nextBeat(true, performance.now());
    if (beat !== undefined) this.publish(this.subjects.all, "word", beat);
    this.closing.abort();
    await Promise.race([this.leave(), wait(FAREWELL_MS, undefined, { ref: false })]);
  }

  /** Lets out what was said last; while there is no bus, nothing is. */
  private async leave(): Promise<void> {
    if (this.connection !== undefined) await this.connection.flush().catch(() => {});
    await this.client?.close();
    await this.ended;
  }

  /** Connects again whenever the client has given up, as it does where it is not let in. */
  private async run(options: NodeConnectionOptions): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        const connection = await connect(options);
        this.client = connection;
        if (signal.aborted) await connection.close();
        else await this.live(connection);
      } catch (error) {
        this.tellTrouble(error);
      }
      await wait(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** From the first connection until the client gives up. */
  private async live(connection: NatsConnection): Promise<void> {
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.receive(plainBytes(message.data));
      else this.tellTrouble(error);
    };
    connection.subscribe(this.subjects.all, { callback });
    connection.subscribe(this.subjects.one(this.id), { callback });
    this.onConnected(connection);
    void this.follow(connection);
    const error = await connection.closed();
    this.onDisconnected();
    if (error !== undefined) this.tellTrouble(error);
  }

  private async follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect" || status.type === "staleConnection") this.onDisconnected();
      else if (status.type === "reconnect") this.onConnected(connection);
      else if (status.type === "error") this.tellTrouble(status.error);
    }
  }

  private onConnected(connection: NatsConnection): void {
    if (this.closing.signal.aborted) return;
    this.connection = connection;
    this.connections++;
    this.pendingBytes = 0;
    this.isFlushing = false;
    this.lastTrouble = "";
    this.presence.onConnected(performance.now());
    this.events.onBus(true, connection.getServer());
  }

  private onDisconnected(): void {
    if (this.connection === undefined) return;
    this.connection = undefined;
    this.presence.onDisconnected(performance.now());
    if (!this.closing.signal.aborted) this.events.onBus(false, this.options.urls.map(natsPlace).join(", "));
  }

  private onBeatDue(): void {
    const now = performance.now();
    const late = now - this.beatDueAt;
    this.beatDueAt = now + this.beatMs;
    // What others said while this process stood still is read behind this timer.
    if (late > this.beatMs) this.presence.excuse(late);
    const beat = this.presence.nextBeat(false, now);
    if (beat !== undefined) this.publish(this.subjects.all, "word", beat);
    this.presence.sweep(now);
  }

  private receive(bytes: Uint8Array): void {
    const message = decodeMeshMessage(bytes);
    if (!message.ok) this.counters.malformed++;
    else if (message.value.kind === "beat") this.presence.onBeat(message.value, performance.now());
    else if (message.value.kind === "envelope") this.take(message.value);
    else this.counters.malformed++;
  }

  private take({ origin, payload }: Envelope): void {
    const server = this.presence.get(origin);
    if (server === undefined || !this.presence.isThere(performance.now())) {
      this.counters.unroutable++;
      return;
    }
    const message = decodeUnionMessage(payload);
    if (message.ok) this.events.onUnionMessage(server.name, message.value);
    else this.counters.malformed++;
  }

  /** False: nothing of it went out. */
  private say(subject: string, to: readonly string[], message: UnionMessage): boolean {
    const payloads = encodeUnionMessages(message);
    if (payloads === undefined) {
      this.counters.oversized++;
      return false;
    }
    const rank = rankOf(message);
    let isSaid = true;
    for (const payload of payloads) {
      const number = ++this.envelopes;
      const envelope: Envelope = { kind: "envelope", origin: this.id, number, rank, hops: 0, to, payload };
      isSaid = this.publish(subject, rank, envelope) && isSaid;
    }
    return isSaid;
  }

  private publish(subject: string, rank: Rank, message: MeshMessage): boolean {
    const { connection } = this;
    if (connection === undefined || connection.isClosed() || this.pendingBytes > PENDING_BYTES_MAX[rank]) {
      this.counters.dropped[rank]++;
      return false;
    }
    const bytes = encodeMeshMessage(message);
    connection.publish(subject, bytes);
    this.pendingBytes += bytes.length + PUBLISH_BYTES;
    if (!this.isFlushing) void this.flush(connection);
    return true;
  }

  /** Asks NATS whether it has taken everything, again and again while something is pending. */
  private async flush(connection: NatsConnection): Promise<void> {
    const { connections } = this;
    this.isFlushing = true;
    while (connections === this.connections && this.pendingBytes > 0) {
      const asked = this.pendingBytes;
      const isTaken = await connection.flush().then(
        () => true,
        () => false,
      );
      if (connections !== this.connections) return;
      // Where the connection is gone, what was pending is too.
      this.pendingBytes = isTaken ? this.pendingBytes - asked : 0;
    }
    this.isFlushing = false;
  }

  /** Once for each trouble: it is met again with every attempt. */
  private tellTrouble(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (text === this.lastTrouble || this.closing.signal.aborted) return;
    this.lastTrouble = text;
    this.events.onRefused(text);
  }
}
