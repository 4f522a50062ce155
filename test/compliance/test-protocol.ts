// The protocol of the compliance suite: one line of text in each direction, then binary frames, deflated where the line said
// so. It has what real protocols have: phases, a dress that changes between two messages, bytes inside messages,
// frames that cannot be decoded, and a stream that cannot be understood any more.
import { ByteReader, ByteWriter, latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import type { Framed, LinkCodec, StreamCodec } from "@servent/overlay/host/host.ts";

export type TestMessage =
  /** The first message of each direction, and only the first. */
  | { readonly kind: "hello"; readonly deflate: boolean }
  | { readonly kind: "item"; readonly number: number; readonly bytes: Uint8Array }
  /** Framed well, but the receiver cannot decode it. */
  | { readonly kind: "garbage" }
  /** The receiver cannot tell where it ends. */
  | { readonly kind: "poison" };

const ITEM = 1;
const GARBAGE = 2;
const POISON = 3;
const HEADER_BYTES = 4;
const MESSAGE_BYTES_MAX = 32 * 1024;

export function hello(deflate = false): TestMessage {
  return { kind: "hello", deflate };
}

export function item(number: number, bytes: Uint8Array = new Uint8Array(0)): TestMessage {
  return { kind: "item", number, bytes };
}

/** `text` bounds the first line, as a header block does in real protocols. */
export const testCodec: StreamCodec<TestMessage> = {
  messageBytesMax: MESSAGE_BYTES_MAX,
  size: (message) => {
    switch (message.kind) {
      case "hello":
        return message.deflate ? 14 : 6;
      case "item":
        return HEADER_BYTES + 4 + message.bytes.length;
      case "garbage":
      case "poison":
        return HEADER_BYTES;
    }
  },
  link: () => new TestLinkCodec(),
  keep: (message) => (message.kind === "item" ? item(message.number, message.bytes.slice()) : message),
};

/** What `encode` lends: the next message is written over the one before, whichever link it is of. */
const lent = new Uint8Array(2 * MESSAGE_BYTES_MAX);

class TestLinkCodec implements LinkCodec<TestMessage> {
  deflates = false;
  inflates = false;
  private saidHello = false;
  private heardHello = false;

  encode(message: TestMessage): Uint8Array {
    const bytes = this.bytesOf(message);
    lent.set(bytes);
    return lent.subarray(0, bytes.length);
  }

  private bytesOf(message: TestMessage): Uint8Array {
    if (message.kind === "hello") {
      if (this.saidHello) throw new Error("hello comes first, and once");
      this.saidHello = true;
      this.deflates = message.deflate;
      return latin1Encode(message.deflate ? "HELLO deflate\n" : "HELLO\n");
    }
    if (!this.saidHello) throw new Error("hello comes first");
    const writer = new ByteWriter();
    switch (message.kind) {
      case "item":
        writer
          .u8(ITEM)
          .u8(0)
          .u16be(4 + message.bytes.length);
        writer.u32be(message.number).bytes(message.bytes);
        break;
      case "garbage":
        writer.u8(GARBAGE).u8(0).u16be(0);
        break;
      case "poison":
        writer.u8(POISON).u8(0).u16be(0xffff);
        break;
    }
    return writer.done();
  }

  decode(bytes: Uint8Array): Framed<TestMessage> {
    return this.heardHello ? decodeFrame(bytes) : this.decodeHello(bytes);
  }

  private decodeHello(bytes: Uint8Array): Framed<TestMessage> {
    const end = bytes.indexOf(0x0a);
    if (end < 0) return bytes.length > 64 ? { at: "lost", problem: "no line" } : { at: "more" };
    const line = latin1Decode(bytes.subarray(0, end));
    if (line !== "HELLO" && line !== "HELLO deflate") return { at: "lost", problem: "not a hello" };
    this.heardHello = true;
    this.inflates = line === "HELLO deflate";
    return { at: "message", message: hello(this.inflates), used: end + 1 };
  }
}

function decodeFrame(bytes: Uint8Array): Framed<TestMessage> {
  if (bytes.length < HEADER_BYTES) return { at: "more" };
  const reader = new ByteReader(bytes);
  const kind = reader.u16be() >>> 8;
  const length = reader.u16be();
  const used = HEADER_BYTES + length;
  if (used > MESSAGE_BYTES_MAX) return { at: "lost", problem: "frame too large" };
  if (bytes.length < used) return { at: "more" };
  if (kind !== ITEM || length < 4) return { at: "bad-message", problem: `frame of kind ${kind}`, used };
  const number = reader.u32be();
  return { at: "message", message: item(number, reader.bytes(length - 4)), used };
}
