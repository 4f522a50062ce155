// Bytes of Napster's messages: u16 length, u16 type, both little endian, then the text. A stream changes its dress at two places:
// behind a link's password, and behind the acceptance of a client that asked for compression (opennap-ng).
import { assert } from "../../base/assert.ts";
import { latin1Decode } from "../../base/bytes.ts";
import type { Framed, LinkCodec, StreamCodec } from "../../host/host.ts";
import { FieldReader } from "./fields.ts";
import { parseAcceptance } from "./login.ts";
import { type Message, MESSAGE } from "./messages.ts";

/** Before each text: its length and its type. */
export const HEAD_BYTES = 4;
/** Which field of a login asks for compression. */
const LOGIN_COMPRESSION_FIELD = 8;

/** @param payloadBytesMax A longer message ends the stream, as with every server. */
export function napsterCodec(payloadBytesMax: number): StreamCodec<Message> {
  return {
    size: (message) => HEAD_BYTES + message.text.length,
    messageBytesMax: HEAD_BYTES + payloadBytesMax,
    link: () => new NapsterLinkCodec(payloadBytesMax),
  };
}

class NapsterLinkCodec implements LinkCodec<Message> {
  deflates = false;
  inflates = false;
  private readonly payloadBytesMax: number;
  /** A login that asks for compression passed in the one or the other direction; its acceptance begins it. */
  private compressionAsked = false;

  constructor(payloadBytesMax: number) {
    this.payloadBytesMax = payloadBytesMax;
  }

  encode(message: Message): Uint8Array {
    const bytes = encodeMessage(message);
    if (message.type === MESSAGE.linkPassword) this.deflates = true;
    else this.follow(message);
    return bytes;
  }

  decode(bytes: Uint8Array): Framed<Message> {
    if (bytes.length < HEAD_BYTES) return { at: "more" };
    const length = (bytes[0] as number) | ((bytes[1] as number) << 8);
    if (length > this.payloadBytesMax) return { at: "lost", problem: `a message of ${length} bytes` };
    const used = HEAD_BYTES + length;
    if (bytes.length < used) return { at: "more" };
    const type = (bytes[2] as number) | ((bytes[3] as number) << 8);
    const message = { type, text: latin1Decode(bytes, HEAD_BYTES, used) };
    if (type === MESSAGE.linkPassword) this.inflates = true;
    else this.follow(message);
    return { at: "message", message, used };
  }

  /** Login and acceptance pass in opposite directions, so both ends see both. */
  private follow({ type, text }: Message): void {
    if (type === MESSAGE.login || type === MESSAGE.registerAndLogin) {
      if (!this.deflates) this.compressionAsked = asksForCompression(text);
    } else if (type === MESSAGE.loginAccepted && this.compressionAsked) {
      this.compressionAsked = false;
      const accepted = parseAcceptance(text);
      this.deflates = this.inflates = accepted.ok && accepted.value.compression > 0;
    }
  }
}

/** A whole message as bytes. Asserts that its text is byte text that fits. */
export function encodeMessage({ type, text }: Message): Uint8Array {
  const { length } = text;
  assert(length <= 0xffff, "a message longer than its head can say");
  const bytes = take(HEAD_BYTES + length);
  bytes[0] = length & 0xff;
  bytes[1] = length >>> 8;
  bytes[2] = type & 0xff;
  bytes[3] = type >>> 8;
  // ASCII, which nearly all text is, is the same in UTF-8, and goes in at once: a third of the time of the loop.
  const { read, written } = ascii.encodeInto(text, bytes.subarray(HEAD_BYTES));
  if (read === length && written === length) return bytes;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    assert(code <= 0xff, "text that is no byte text");
    bytes[HEAD_BYTES + i] = code;
  }
  return bytes;
}

const ascii = new TextEncoder();

/** Small arrays are cut from a large one: making each by itself takes longer than filling it. None is given twice. */
const SLAB_BYTES = 64 * 1024;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

function take(length: number): Uint8Array {
  if (length > SLAB_BYTES / 16) return new Uint8Array(length);
  if (slabUsed + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  slabUsed += length;
  return slab.subarray(slabUsed - length, slabUsed);
}

function asksForCompression(login: string): boolean {
  const reader = new FieldReader(login);
  for (let i = 1; i < LOGIN_COMPRESSION_FIELD; i++) if (reader.next() === undefined) return false;
  return /^[1-9]$/.test(reader.next() ?? "");
}
