// Bytes of Napster's messages: u16 length, u16 type, both little endian, then the text. A stream changes its dress at two places:
// behind a link's password, and behind the acceptance of a client that asked for compression (opennap-ng).
import { latin1Decode } from "../../base/bytes.ts";
import type { Framed, LinkCodec, StreamCodec } from "../../host/host.ts";
import { FieldReader } from "./fields.ts";
import { parseAcceptance } from "./login.ts";
import { type Message, MESSAGE } from "./messages.ts";
import { HEAD_BYTES, MessageWriter, WrittenMessage } from "./message-writer.ts";

/** Which field of a login asks for compression. */
const LOGIN_COMPRESSION_FIELD = 8;

/** @param payloadBytesMax A longer message ends the stream, as with every server. */
export function napsterCodec(payloadBytesMax: number): StreamCodec<Message> {
  return {
    size: (message) => (message instanceof WrittenMessage ? message.bytes.length : HEAD_BYTES + message.text.length),
    messageBytesMax: HEAD_BYTES + payloadBytesMax,
    link: () => new NapsterLinkCodec(payloadBytesMax),
    keep: (message) => (message instanceof WrittenMessage ? { type: message.type, text: message.text } : message),
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
    const bytes = lentBytes(message);
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
  private follow(message: Message): void {
    const { type } = message;
    if (type === MESSAGE.login || type === MESSAGE.registerAndLogin) {
      if (!this.deflates) this.compressionAsked = asksForCompression(message.text);
    } else if (type === MESSAGE.loginAccepted && this.compressionAsked) {
      this.compressionAsked = false;
      const accepted = parseAcceptance(message.text);
      this.deflates = this.inflates = accepted.ok && accepted.value.compression > 0;
    }
  }
}

/** A whole message as bytes. Asserts that its text is byte text that fits. */
export function encodeMessage(message: Message): Uint8Array {
  return lentBytes(message).slice();
}

/** Until the next message is encoded. */
function lentBytes(message: Message): Uint8Array {
  if (message instanceof WrittenMessage) return message.bytes;
  const { type, text } = message;
  return writer.begin(type).text(text).end().bytes;
}

const TEXT_BYTES_MAX = 0xffff;
const writer = new MessageWriter(HEAD_BYTES + TEXT_BYTES_MAX);

function asksForCompression(login: string): boolean {
  const reader = new FieldReader(login);
  for (let i = 1; i < LOGIN_COMPRESSION_FIELD; i++) if (reader.next() === undefined) return false;
  return /^[1-9]$/.test(reader.next() ?? "");
}
