// A server in the mesh: links to other servers, heartbeats, and messages that go by the best of several ways. It is the Union that
// the index server uses; it knows nothing of users and files.
import { assert } from "../../../base/assert.ts";
import { RecentRoutes } from "../../../base/recent-routes.ts";
import type { Address, Host, Link, Millis, StreamNode, StreamPort } from "../../../host/host.ts";
import type { Union, UnionEvents, UnionMessage } from "../server/union.ts";
import { isServerName } from "./codec.ts";
import { Handshakes } from "./handshakes.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { MeshLink } from "./mesh-link.ts";
import { type Beat, type Envelope, type MeshMessage, RANKS, type Rank, type ServerId } from "./messages.ts";
import type { MeshOptions } from "./options.ts";
import { SendQueue } from "./send-queue.ts";
import { type KnownServer, Servers } from "./servers.ts";
import { decodeUnionMessage, encodeUnionMessages, rankOf } from "./union-codec.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** The only timer. */
const BEAT = 0;

/** Heartbeats that may be missing until a server whose link broke is down, and until a silent link is given up. */
const DOUBT_BEATS = 3;
const SILENT_LINK_BEATS = 4;

export interface MeshEvents extends UnionEvents {
  /** A link to this server is open. */
  onLinkOpen(server: string, remote: Address): void;
  /** It was open, and is gone. */
  onLinkClosed(server: string, reason: string): void;
  /** A link came to nothing, and why, for people. */
  onRefused(remote: Address, reason: string): void;
}

export class MeshNode implements StreamNode<MeshMessage>, Union {
  readonly id: ServerId;
  /** What was lost or came to nothing. `dropped`: for want of room, by rank. */
  readonly counters = {
    duplicates: 0,
    dropped: Object.fromEntries(RANKS.map((rank) => [rank, 0])) as Record<Rank, number>,
    /** Their server is not up, or no way to it was found in time. */
    unroutable: 0,
    /** They would have passed too many servers. */
    strayed: 0,
    rerouted: 0,
    malformed: 0,
    /** Texts in them were too long to be sent. */
    oversized: 0,
    overworked: 0,
    /** Heartbeats of servers that were not taken: their name was, or there were too many. */
    beatsRefused: 0,
  };
  private readonly host: Host;
  private readonly port: StreamPort<MeshMessage>;
  private readonly options: MeshOptions;
  private readonly events: MeshEvents;
  private readonly handshakes: Handshakes;
  private readonly known: Servers;
  private readonly waiting = new WaitingRoom();
  private readonly seen = new RecentRoutes({
    generationMax: MESH_LIMITS.seenGenerationMax,
    periodMs: MESH_LIMITS.seenPeriodMs,
  });
  private running = false;
  private beats = 0;
  private beatDueAt: Millis = 0;
  private envelopes = 0;

  /** Asserts that the name is one and the key long enough; whoever takes them from people checks before. */
  constructor(host: Host, port: StreamPort<MeshMessage>, options: MeshOptions, events: MeshEvents) {
    assert(isServerName(options.name), "a server has a name");
    assert(options.key.length >= MESH_LIMITS.keyBytesMin, "a key that cannot be guessed");
    assert(options.servers.length <= MESH_LIMITS.serversMax, "no more servers than a union has");
    this.host = host;
    this.port = port;
    this.options = options;
    this.events = events;
    this.id = hex32(host.u32()) + hex32(host.u32());
    this.known = new Servers({ id: this.id, name: options.name }, options.silenceMs, DOUBT_BEATS * options.beatMs);
    this.handshakes = new Handshakes(host, port, options, this.id, this.known, {
      // At once: it is the first way by which the other side knows us.
      onOpen: () => this.sendBeat(false),
      onLost: (link) => this.onLinkLost(link),
      onRefused: (remote, reason) => events.onRefused(remote, reason),
    });
  }

  start(): void {
    this.running = true;
    this.beatDueAt = this.host.now() + 1;
    this.host.arm(BEAT, 1);
  }

  /** Says goodbye, so that nobody waits for us. */
  stop(): void {
    if (!this.running) return;
    this.sendBeat(true);
    this.running = false;
    this.host.disarm(BEAT);
    this.handshakes.stop("the server stops");
  }

  servers(): readonly string[] {
    return Array.from(this.known.all(), ({ name }) => name);
  }

  broadcast(message: UnionMessage): readonly string[] {
    const all = [...this.known.all()];
    if (all.length > 0) {
      this.sendTo(
        all.map(({ id }) => id),
        message,
      );
    }
    return all.map(({ name }) => name);
  }

  send(server: string, message: UnionMessage): void {
    const known = this.known.named(server);
    if (known === undefined) this.counters.unroutable++;
    else this.sendTo([known.id], message);
  }

  /** Names of the servers that we are linked with. */
  neighbours(): readonly string[] {
    return Array.from(this.handshakes.open(), ({ theirs }) => theirs?.name ?? "");
  }

  onOpen(link: Link, remote: Address, inbound: boolean): void {
    this.handshakes.onOpen(link, remote, inbound);
  }

  onMessage(link: Link, message: MeshMessage): void {
    const from = this.handshakes.get(link);
    if (from === undefined || from.phase === "closing") return;
    const now = this.host.now();
    from.heardAt = now;
    if (from.phase !== "open" || message.kind === "hello" || message.kind === "proof") {
      this.handshakes.onMessage(from, message);
      return;
    }
    const work = message.kind === "envelope" ? MESH_LIMITS.workOfEnvelope : MESH_LIMITS.workOfBeat;
    const isOfList = message.kind === "envelope" && message.rank === "browse";
    const isAffordable = from.spend(work, now, isOfList ? MESH_LIMITS.workReserve : 0);
    // Counted in any case: its sender must not send it again, another way, because we had no time for it.
    if (message.kind === "envelope") this.countReceived(from);
    if (!isAffordable) {
      this.counters.overworked++;
      return;
    }
    switch (message.kind) {
      case "beat":
        this.onBeat(from, message, now);
        return;
      case "envelope":
        this.onEnvelope(from, message, now);
        return;
      case "received":
        if (!from.unacknowledged.acknowledge(message.envelopes)) this.blame(from, "it has more than we sent");
        return;
      case "goodbye":
        this.handshakes.onMessage(from, message);
        return;
      default:
        unknownKind(message);
    }
  }

  onMalformed(link: Link, problem: string): void {
    this.counters.malformed++;
    const from = this.handshakes.get(link);
    if (from === undefined) return;
    if (from.phase === "open") this.blame(from, problem);
    else this.handshakes.close(from, problem);
  }

  onWritable(link: Link): void {
    const to = this.handshakes.get(link);
    if (to?.phase !== "open" || to.queue === null) return;
    while (this.port.room(link) > 0) {
      const message = to.queue.shift();
      if (message === undefined) {
        to.queue = null;
        return;
      }
      if (message.kind === "envelope") to.unacknowledged.add(message);
      this.port.send(link, message);
    }
  }

  onClose(link: Link, reason: string): void {
    this.handshakes.onClose(link, reason);
  }

  onTimer(timer: number): void {
    assert(timer === BEAT, "there is one timer");
    const now = this.host.now();
    this.excuse(now - this.beatDueAt);
    this.beatDueAt = now + this.options.beatMs;
    this.host.arm(BEAT, this.options.beatMs);

    this.sendBeat(false);
    for (const link of this.handshakes.open()) this.tellReceived(link);
    this.handshakes.endSilent(SILENT_LINK_BEATS * this.options.beatMs);
    this.counters.unroutable += this.waiting.expire(now);
    const silent = this.known.expire(now);
    this.handshakes.dialMissing();
    for (const server of silent) this.tellDown(server);
  }

  /** What may not have arrived goes another way. */
  private onLinkLost(link: MeshLink): void {
    if (link.theirs === undefined) return;
    this.known.loseLink(link.link, link.theirs.id, this.host.now());
    if (this.running) {
      const left = [...link.unacknowledged.envelopes, ...(link.queue?.envelopes() ?? [])];
      this.counters.rerouted += left.length;
      for (const envelope of left) this.dispatch(envelope, undefined);
    }
    if (link.wasOpen) this.events.onLinkClosed(link.theirs.name, link.goodbye ?? "");
  }

  private onBeat(from: MeshLink, beat: Beat, now: Millis): void {
    const sender = from.theirs?.id;
    if (sender !== (beat.path.at(-1) ?? beat.origin)) {
      this.blame(from, "a heartbeat from somebody else");
      return;
    }
    if (!from.wasOpen) {
      from.wasOpen = true;
      this.events.onLinkOpen(from.theirs?.name ?? "", from.remote);
    }
    // What passed us is no way for us.
    if (beat.origin === this.id || beat.path.includes(this.id)) return;
    const heard = this.known.onBeat(beat, from.link, now);
    switch (heard.as) {
      case "stale":
        return;
      case "taken":
      case "full":
        this.counters.beatsRefused++;
        return;
      case "copy":
        this.releaseWaiting(beat.origin);
        return;
      case "news":
        this.passOn(beat);
        this.releaseWaiting(beat.origin);
        if (beat.address !== undefined) this.handshakes.learn(beat.address, beat.origin);
        for (const server of heard.down) this.tellDown(server);
        if (heard.up !== undefined) this.events.onServerUp(heard.up.name);
        return;
      default:
        unknownKind(heard);
    }
  }

  private passOn(beat: Beat): void {
    if (beat.path.length + 1 >= MESH_LIMITS.hopsMax) return;
    const passed: Beat = { ...beat, path: [...beat.path, this.id] };
    for (const link of this.handshakes.open()) {
      const other = link.theirs?.id;
      if (other !== beat.origin && other !== undefined && !beat.path.includes(other)) this.transmitBeat(link, passed);
    }
  }

  private sendBeat(isLast: boolean): void {
    const { name, address } = this.options;
    const number = ++this.beats;
    const beat: Beat = { kind: "beat", origin: this.id, name, address, number, isLast, path: [] };
    for (const link of this.handshakes.open()) this.transmitBeat(link, beat);
  }

  private sendTo(to: readonly ServerId[], message: UnionMessage): void {
    const payloads = encodeUnionMessages(message);
    if (payloads === undefined) {
      this.counters.oversized++;
      return;
    }
    const rank = rankOf(message);
    for (const payload of payloads) {
      const number = ++this.envelopes;
      this.dispatch({ kind: "envelope", origin: this.id, number, rank, hops: 0, to, payload }, undefined);
    }
  }

  private onEnvelope(from: MeshLink, envelope: Envelope, now: Millis): void {
    const others = envelope.to.filter((id) => id !== this.id);
    if (others.length > 0) {
      const hops = envelope.hops + 1;
      if (hops >= MESH_LIMITS.hopsMax) this.counters.strayed++;
      else this.dispatch({ ...envelope, hops, to: others }, from.link);
    }
    if (others.length < envelope.to.length) this.take(envelope, now);
  }

  /** An envelope for us, perhaps for the second time. */
  private take({ origin, number, payload }: Envelope, now: Millis): void {
    const server = this.known.get(origin);
    if (server === undefined) {
      this.counters.unroutable++;
      return;
    }
    if (!this.seen.add(`${origin}${number}`, 0, now)) {
      this.counters.duplicates++;
      return;
    }
    const message = decodeUnionMessage(payload);
    if (message.ok) this.events.onUnionMessage(server.name, message.value);
    else this.counters.malformed++;
  }

  /** One copy to each link that leads to some of its servers; it does not go back where it came from. */
  private dispatch(envelope: Envelope, from: Link | undefined): void {
    const byLink = new Map<Link, ServerId[]>();
    for (const id of envelope.to) {
      const link = this.known.wayTo(id, from);
      if (link === undefined) this.wait({ ...envelope, to: [id] });
      else {
        const group = byLink.get(link);
        if (group === undefined) byLink.set(link, [id]);
        else group.push(id);
      }
    }
    for (const [link, to] of byLink) this.transmit(link, { ...envelope, to });
  }

  private wait(envelope: Envelope): void {
    const [id] = envelope.to;
    const server = id === undefined ? undefined : this.known.get(id);
    if (server === undefined) this.counters.unroutable++;
    else this.counters.dropped[envelope.rank] += this.waiting.add(envelope, server.deadline);
  }

  private releaseWaiting(id: ServerId): void {
    for (const envelope of this.waiting.take(id)) this.dispatch(envelope, undefined);
  }

  private transmit(link: Link, envelope: Envelope): void {
    const to = this.handshakes.get(link);
    assert(to?.phase === "open", "a way is an open link");
    if (to.queue === null && this.port.room(link) > 0) {
      to.unacknowledged.add(envelope);
      this.port.send(link, envelope);
      return;
    }
    to.queue ??= new SendQueue();
    for (const lost of to.queue.push(envelope)) this.counters.dropped[lost.rank]++;
  }

  private transmitBeat(to: MeshLink, beat: Beat): void {
    if (to.queue === null && this.port.room(to.link) > 0) this.port.send(to.link, beat);
    else {
      to.queue ??= new SendQueue();
      to.queue.pushBeat(beat);
    }
  }

  private countReceived(from: MeshLink): void {
    from.received++;
    if (from.received - from.receivedTold >= MESH_LIMITS.acknowledgeEvery) this.tellReceived(from);
  }

  /** Where the link is congested, a later count says the same. */
  private tellReceived(link: MeshLink): void {
    if (link.received === link.receivedTold || this.port.room(link.link) <= 0) return;
    link.receivedTold = link.received;
    this.port.send(link.link, { kind: "received", envelopes: link.received });
  }

  /** The process stood still: all that was said meanwhile waits to be read, and nobody was silent. */
  private excuse(lateMs: Millis): void {
    if (lateMs <= this.options.beatMs) return;
    this.known.excuse(lateMs);
    for (const link of this.handshakes.open()) link.heardAt += lateMs;
  }

  private tellDown(server: KnownServer): void {
    this.counters.unroutable += this.waiting.take(server.id).length;
    this.events.onServerDown(server.name);
  }

  private blame(link: MeshLink, problem: string): void {
    link.faults++;
    if (link.faults >= MESH_LIMITS.faultsMax) this.handshakes.close(link, problem);
  }
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0");
}

function unknownKind(_kind: never): never {
  throw new Error("assertion failed: every message has its handler");
}
