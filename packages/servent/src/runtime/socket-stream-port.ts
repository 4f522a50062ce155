// A StreamPort over TCP. It dials, takes over sockets that a Listener accepted, and numbers what is open.
import { formatIpv4, ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { assert } from "@servent/overlay/base/assert.ts";
import type { Address, Link, StreamCodec, StreamNode, StreamPort } from "@servent/overlay/host/host.ts";
import { addressFrom, isEndpoint } from "./address.ts";
import { FLUSH_QUIET_MS } from "./deflate.ts";
import { type LinkOptions, type LinkOwner, SocketLink, type LinkStats } from "./socket-link.ts";

/** How somebody is dialled who speaks TLS first. */
export interface TlsDial extends ConnectionOptions {
  /** SHA-256 of the certificate, hexadecimal, colons allowed, any case: the dial fails where another one is shown. Absent: any. */
  readonly fingerprint?: string;
}

export interface SocketStreamPortOptions {
  /** Where others reach us; what the node tells them. */
  readonly self: Address;
  /** The address that outgoing connections come from, `127.0.0.7`; the system's choice where absent. */
  readonly localAddress?: string;
  /** Who speaks TLS, and how; plain TCP where undefined. Such a dial is answered when hands are shaken. */
  readonly tls?: (to: Address) => TlsDial | undefined;
  readonly dialTimeoutMs?: number;
  readonly linksMax?: number;
  readonly markBytes?: number;
  readonly closeWaitMs?: number;
  /** See LinkOptions; for protocols in which somebody waits for each answer 0. */
  readonly compressionWaitMs?: number;
}

/** A host that is there answers within a second; six let a lost packet be sent again twice. */
const DIAL_TIMEOUT_MS = 6000;

/** Open, opening and closing streams together: a backstop above any node's own bounds, far below the system's. */
const LINKS_MAX = 1024;

/** Queued bytes of a link from which on the node should wait. */
const MARK_BYTES = 96 * 1024;

/** Long enough to send a full queue over a slow line, short enough that nobody holds a slot by not reading. */
const CLOSE_WAIT_MS = 10_000;

/** A person waits for the program to end. */
const STOP_WAIT_MS = 2000;

const NOTHING = new Uint8Array(0);

export class SocketStreamPort<M> implements StreamPort<M> {
  readonly self: Address;
  private readonly codec: StreamCodec<M>;
  private readonly localAddress: string | undefined;
  private readonly tls: SocketStreamPortOptions["tls"];
  private readonly dialTimeoutMs: number;
  private readonly linksMax: number;
  private readonly linkOptions: LinkOptions;

  private attached: LinkOwner<M> | undefined;
  /** Undefined: the number is free, or its dial failed and only waits for `onClose`. */
  private readonly links: (SocketLink<M> | undefined)[] = [];
  private readonly remotes: Address[] = [];
  private readonly free: Link[] = [];
  private used = 0;
  private stopped = false;
  private readonly whenEmpty: (() => void)[] = [];

  private readonly toFlush: SocketLink<M>[] = [];
  constructor(codec: StreamCodec<M>, options: SocketStreamPortOptions) {
    this.codec = codec;
    this.self = options.self;
    this.localAddress = options.localAddress;
    this.tls = options.tls;
    this.dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
    this.linksMax = options.linksMax ?? LINKS_MAX;
    this.linkOptions = {
      markBytes: options.markBytes ?? MARK_BYTES,
      messageBytesMax: codec.messageBytesMax,
      closeWaitMs: options.closeWaitMs ?? CLOSE_WAIT_MS,
      compressionWaitMs: options.compressionWaitMs ?? FLUSH_QUIET_MS,
    };
  }

  /** Names the node that hears of everything; once, before the first `dial` or `adopt`. */
  attach(node: StreamNode<M>): void {
    assert(this.attached === undefined, "a port serves one node");
    this.attached = {
      node,
      flushSoon: (link) => this.flushSoon(link),
      gone: (link) => this.release(link.number, link.isKnown ? link.reason : undefined),
    };
  }

  /** Streams that are open, opening or closing. */
  get linkCount(): number {
    return this.used;
  }

  dial(to: Address): Link {
    const number = this.take(to);
    const problem = this.dialProblem(to);
    if (problem !== undefined) {
      setImmediate(() => this.release(number, problem));
      return number;
    }
    const where = {
      host: formatIpv4(ipv4Of(to)),
      port: portOf(to),
      noDelay: true,
      allowHalfOpen: true,
      ...(this.localAddress === undefined ? {} : { localAddress: this.localAddress }),
    };
    const tls = this.tls?.(to);
    const socket = tls === undefined ? connect(where) : connectTls({ ...where, ...tls });
    const link = this.makeLink(number, socket, true, true);
    const deadline = setTimeout(() => link.abort(`no answer in ${this.dialTimeoutMs} ms`), this.dialTimeoutMs);
    socket.once("close", () => clearTimeout(deadline));
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      clearTimeout(deadline);
      if (tls?.fingerprint === undefined || shows(socket as TLSSocket, tls.fingerprint)) link.open(to, false, NOTHING);
      else link.abort("the server's certificate is not the one that is expected");
    });
    return number;
  }

  /**
   * Takes over a connected socket; `head` was already read from it. `inbound`: the other side opened it. Undefined, and the socket
   * destroyed, where no link is free, the port has stopped or the socket is already dead.
   */
  adopt(socket: Socket, head: Uint8Array, inbound: boolean): Link | undefined {
    const remote = addressFrom(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    if (remote === undefined || socket.destroyed || this.stopped || this.used >= this.linksMax) {
      socket.destroy();
      return undefined;
    }
    socket.setNoDelay(true);
    const number = this.take(remote);
    const link = this.makeLink(number, socket, !inbound, false);
    setImmediate(() => link.open(remote, inbound, head));
    return number;
  }

  send(link: Link, message: M): boolean {
    return this.links[link]?.send(message) ?? false;
  }

  room(link: Link): number {
    return this.links[link]?.room ?? 0;
  }

  close(link: Link, reason: string): void {
    this.links[link]?.close(reason);
  }

  /** Traffic of an open stream; undefined where the number stands for none. */
  stats(link: Link): LinkStats | undefined {
    return this.links[link]?.stats();
  }

  /** Nobody on the way can read what the stream carries. */
  isTls(link: Link): boolean {
    return this.links[link]?.isTls ?? false;
  }

  /** The other end of a stream; undefined where the number stands for none. */
  remote(link: Link): Address | undefined {
    return this.links[link] === undefined ? undefined : this.remotes[link];
  }

  /** Closes every stream and opens no more; cuts off what is not through by then. Resolves after the last `onClose`. */
  async stop(reason: string): Promise<void> {
    this.stopped = true;
    for (const link of this.links) link?.close(reason);
    if (this.used === 0) return;
    const deadline = setTimeout(() => {
      for (const link of this.links) link?.abort(reason);
    }, STOP_WAIT_MS);
    await new Promise<void>((resolve) => this.whenEmpty.push(resolve));
    clearTimeout(deadline);
  }

  private get owner(): LinkOwner<M> {
    assert(this.attached !== undefined, "no node is attached to the port");
    return this.attached;
  }

  private dialProblem(to: Address): string | undefined {
    if (this.stopped) return "stopped";
    if (this.used > this.linksMax) return "too many links";
    if (!isEndpoint(to)) return "not an endpoint";
    return undefined;
  }

  private take(remote: Address): Link {
    const number = this.free.pop() ?? this.links.length;
    this.links[number] = undefined;
    this.remotes[number] = remote;
    this.used++;
    return number;
  }

  private makeLink(number: Link, socket: Socket, initiator: boolean, dialled: boolean): SocketLink<M> {
    const codec = this.codec.link(initiator);
    const link = new SocketLink(this.owner, number, socket, codec, dialled, this.linkOptions);
    this.links[number] = link;
    return link;
  }

  /** `reason` undefined: the node has never heard of the link, so it need not hear of its end. */
  private release(number: Link, reason: string | undefined): void {
    this.links[number] = undefined;
    if (reason !== undefined) this.owner.node.onClose(number, reason);
    // Only now: the node may dial inside onClose, and must not get the number whose end it is hearing of.
    this.free.push(number);
    this.used--;
    if (this.used === 0) for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  private flushSoon(link: SocketLink<M>): void {
    if (this.toFlush.length === 0) setImmediate(() => this.flushAll());
    this.toFlush.push(link);
  }

  private flushAll(): void {
    for (const link of this.toFlush.splice(0)) link.flush();
  }
}

function shows(socket: TLSSocket, fingerprint: string): boolean {
  return foldFingerprint(socket.getPeerCertificate().fingerprint256 ?? "") === foldFingerprint(fingerprint);
}

function foldFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
