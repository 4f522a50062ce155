// What a protocol node may ask of its world. Types only. Two worlds implement it: real sockets and clocks
// (packages/servent/src/runtime) and the lab's event queue (packages/lab). Both pass test/compliance.
//
// The rules that keep the worlds equal:
//  - No call into a host or port ever calls back into the node before the current input has returned.
//  - After `send` nobody changes the message; byte arrays inside it are copies or never written again. A codec that lends messages
//    says so: it has `keep`.
//  - A stream delivers in order per direction. Datagrams may vanish, overtake and arrive twice.
//  - A link number is reused only after `onClose` was delivered for it, and nothing arrives for it afterwards.

import type { Decoded } from "../base/decoded.ts";

/** Whole milliseconds of a monotonic clock; says nothing about the date. */
export type Millis = number;

/**
 * Where a peer is; opaque to a node, compared with `===`, 0 … 2^53 - 1. In the lab the index of the peer,
 * on sockets IPv4 and port as `ip * 65536 + port`.
 */
export type Address = number;

/** A small slot number that stands for an open stream; indexes the node's own tables of its links. */
export type Link = number;

export interface Host {
  /** Monotonic, whole milliseconds, rounded down. */
  now(): Millis;
  /** The next value of this node's own random stream, 0 … 2^32 - 1. */
  u32(): number;
  /** Sets timer number `timer`; at most one is pending per number, arming again replaces. `delay` below 1 counts as 1. */
  arm(timer: number, delay: Millis): void;
  disarm(timer: number): void;
}

/** Messages to any address; no answer, no order, no certainty. */
export interface DatagramPort<M> {
  readonly self: Address;
  send(to: Address, message: M): void;
}

export interface DatagramNode<M> {
  onMessage(from: Address, message: M): void;
  onTimer(timer: number): void;
  /** Reads what the next input will read, so that memory is warm; no effect. The number only keeps the reads alive. */
  warm?(): number;
}

export interface DatagramCodec<M> {
  /** Bytes of the encoded message; equals `encode(message).length`. */
  size(message: M): number;
  /** A larger message is refused by the port, and counted. */
  readonly datagramBytesMax: number;
  encode(message: M): Uint8Array;
  decode(bytes: Uint8Array): Decoded<M>;
}

/** Ordered streams of messages to neighbours. */
export interface StreamPort<M> {
  readonly self: Address;
  /** Opens a stream. The answer comes later: `onOpen`, or `onClose` without it. */
  dial(to: Address): Link;
  /** Queues a message; false: taken, but the link is now over its mark. Never throws, a dead link swallows it. */
  send(link: Link, message: M): boolean;
  /** Bytes that may still be queued; 0 or less: wait for `onWritable`. */
  room(link: Link): number;
  /** Sends what is queued, then ends the stream; `onClose` follows. */
  close(link: Link, reason: string): void;
}

export interface StreamNode<M> {
  /** A stream is open; `inbound` when the other side dialled. `remote` of an inbound stream is its source address, not where it listens. */
  onOpen(link: Link, remote: Address, inbound: boolean): void;
  onMessage(link: Link, message: M): void;
  /** A framed message that could not be decoded was dropped; the stream goes on. */
  onMalformed(link: Link, problem: string): void;
  /** The link took enough to be below its mark again; once per crossing. */
  onWritable(link: Link): void;
  /** The stream is gone, or could not be opened. The last word about this link. */
  onClose(link: Link, reason: string): void;
  onTimer(timer: number): void;
  warm?(): number;
}

/** One step of cutting a byte stream into messages. `used` counts the bytes taken from the front. */
export type Framed<M> =
  | { readonly at: "message"; readonly message: M; readonly used: number }
  | { readonly at: "bad-message"; readonly problem: string; readonly used: number }
  | { readonly at: "more" }
  | { readonly at: "lost"; readonly problem: string };

/**
 * The codec of one stream. It follows the stream's phases itself (a text handshake, then binary messages), so the
 * port asks after every message whether the direction is deflated (one zlib stream) from the next byte on.
 */
export interface LinkCodec<M> {
  /** The bytes are lent until the next call. */
  encode(message: M): Uint8Array;
  /** The first message in `bytes`, which are lent: what the message keeps is a copy. "lost": there is no way to find the next one, so the stream must end. */
  decode(bytes: Uint8Array): Framed<M>;
  /** What we send from now on is a zlib stream. */
  readonly deflates: boolean;
  /** What we receive from now on is a zlib stream. */
  readonly inflates: boolean;
}

export interface StreamCodec<M> {
  /** Bytes of the encoded message, before compression; equals `encode(message).length`. */
  size(message: M): number;
  /** The most bytes one message may take; a port never buffers more before it asks `decode`. */
  readonly messageBytesMax: number;
  link(initiator: boolean): LinkCodec<M>;
  /** The message itself, or a copy of one that was lent for `send` only: for a port that does not encode it at once. */
  keep?(message: M): M;
}
