// Cuts the received bytes of one stream into messages and holds the start of one until the rest arrives.
import { concatBytes } from "@servent/overlay/base/bytes.ts";
import type { Framed, LinkCodec } from "@servent/overlay/host/host.ts";
import { plainBytes } from "./plain-bytes.ts";

export class FrameCutter<M> {
  private readonly codec: LinkCodec<M>;
  private readonly messageBytesMax: number;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(codec: LinkCodec<M>, messageBytesMax: number) {
    this.codec = codec;
    this.messageBytesMax = messageBytesMax;
  }

  /** Adds received bytes. They are lent: whatever `next` leaves behind was copied when it says "more", or `keep` was called. */
  push(chunk: Uint8Array): void {
    this.bytes = this.at === this.bytes.length ? plainBytes(chunk) : concatBytes([this.bytes.subarray(this.at), chunk]);
    this.at = 0;
  }

  /** The next message, or "more" where none is complete. What waits for its end never exceeds the largest message. */
  next(): Framed<M> {
    const left = this.bytes.length - this.at;
    if (left === 0) return { at: "more" };
    const framed = this.codec.decode(this.at === 0 ? this.bytes : this.bytes.subarray(this.at));
    if (framed.at === "message" || framed.at === "bad-message") this.at += framed.used;
    if (framed.at !== "more") return framed;
    if (left >= this.messageBytesMax) {
      return { at: "lost", problem: `no message ends within ${this.messageBytesMax} bytes` };
    }
    // A copy, because a small rest would keep the whole 64 KiB of a socket's read alive.
    this.bytes = this.bytes.slice(this.at);
    this.at = 0;
    return framed;
  }

  /** What is left is ours from here on, however long nobody asks for the next message. */
  keep(): void {
    this.bytes = this.bytes.slice(this.at);
    this.at = 0;
  }

  /** Takes back the bytes that no message has used: they turned out to be of another dress. */
  takeRest(): Uint8Array {
    const rest = this.bytes.subarray(this.at);
    this.bytes = new Uint8Array(0);
    this.at = 0;
    return rest;
  }
}
