// Messages written as bytes from the beginning: for answers of many messages, which would else be put together as text and taken
// apart again. Such a message is read as text only where somebody asks for it.
import { assert } from "../../base/assert.ts";
import { latin1Decode } from "../../base/bytes.ts";
import type { Message } from "./messages.ts";

/** Before each text: its length and its type. */
export const HEAD_BYTES = 4;

/** A message as it is sent. It is lent: the next one of the same writer takes its place. */
export class WrittenMessage implements Message {
  readonly type: number;
  /** Head and text. */
  readonly bytes: Uint8Array;

  constructor(type: number, bytes: Uint8Array) {
    this.type = type;
    this.bytes = bytes;
  }

  get text(): string {
    return latin1Decode(this.bytes, HEAD_BYTES);
  }
}

/** Shorter text is faster written letter by letter. */
const SHORT_TEXT = 24;

const ascii = new TextEncoder();

export class MessageWriter {
  private readonly buffer: Uint8Array;
  private at = 0;
  private type = 0;

  constructor(messageBytesMax: number) {
    this.buffer = new Uint8Array(messageBytesMax);
  }

  begin(type: number): this {
    this.type = type;
    this.at = HEAD_BYTES;
    return this;
  }

  /** Asserts that it is no longer than the writer makes them. */
  end(): WrittenMessage {
    const { buffer, at, type } = this;
    const length = at - HEAD_BYTES;
    assert(at <= buffer.length, "a message longer than its writer makes");
    buffer[0] = length;
    buffer[1] = length >>> 8;
    buffer[2] = type;
    buffer[3] = type >>> 8;
    return new WrittenMessage(type, buffer.subarray(0, at));
  }

  /** Asserts that it is byte text. */
  text(text: string): this {
    const { buffer, at } = this;
    const { length } = text;
    if (length > SHORT_TEXT) {
      // ASCII, which nearly all text is, is the same in UTF-8, and goes in at once: a third of the time of the loop.
      const { read, written } = ascii.encodeInto(text, buffer.subarray(at, at + length));
      if (read === length && written === length) return this.skip(length);
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      assert(code <= 0xff, "text that is no byte text");
      buffer[at + i] = code;
    }
    return this.skip(length);
  }

  /** A whole number, 0 … 2^53 - 1, in decimal. */
  number(value: number): this {
    // Numbers beyond 30 bits are divided as floating point, which takes longer; their last nine digits are not.
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      this.number(high);
      return this.digits(value - high * 1e9, 9);
    }
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count++;
    return this.digits(value, count);
  }

  byte(value: number): this {
    this.buffer[this.at++] = value;
    return this;
  }

  /** Bytes `start` to `end` of an array. */
  bytes(source: Uint8Array, start: number, end: number): this {
    const { buffer } = this;
    let { at } = this;
    for (let i = start; i < end; i++) buffer[at++] = source[i] as number;
    this.at = at;
    return this;
  }

  /** The same in quotes; a quote among them cannot be sent and becomes an apostrophe. */
  quoted(source: Uint8Array, start: number, end: number): this {
    const { buffer } = this;
    let { at } = this;
    buffer[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      buffer[at++] = byte === QUOTE ? APOSTROPHE : byte;
    }
    buffer[at++] = QUOTE;
    this.at = at;
    return this;
  }

  /** The same in hexadecimal, lower case. */
  hex(source: Uint8Array, start: number, end: number): this {
    const { buffer } = this;
    let { at } = this;
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      buffer[at++] = DIGITS[byte >>> 4] as number;
      buffer[at++] = DIGITS[byte & 15] as number;
    }
    this.at = at;
    return this;
  }

  private digits(value: number, count: number): this {
    const { buffer } = this;
    let left = value | 0;
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const rest = (left / 10) | 0;
      buffer[at] = ZERO + left - 10 * rest;
      left = rest;
    }
    return this.skip(count);
  }

  private skip(bytes: number): this {
    this.at += bytes;
    return this;
  }
}

const ZERO = 0x30;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
