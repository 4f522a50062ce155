// Bytes to messages and back: the text blocks of the handshake, then descriptors with their 23-byte header.
// Little endian, but for addresses and the flags word of a query.
import {
  ByteReader,
  ByteWriter,
  hexDecode,
  hexEncode,
  latin1Decode,
  latin1Encode,
  utf8Decode,
  utf8Length,
} from "../../base/bytes.ts";
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import { assert } from "../../base/assert.ts";
import { endpointOf, ipv4Of, portOf } from "../../base/ipv4.ts";
import type { Address, Framed, LinkCodec, StreamCodec } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import {
  type Descriptor,
  field,
  type Guid,
  type Handshake,
  type Header,
  type HitRecord,
  type Message,
} from "./messages.ts";

const HEADER_BYTES = 23;

export const TYPES = {
  ping: 0x00,
  pong: 0x01,
  bye: 0x02,
  table: 0x30,
  vendor: 0x31,
  standardVendor: 0x32,
  push: 0x40,
  query: 0x80,
  hit: 0x81,
} as const;

const PAYLOAD_MAX: Readonly<Record<number, number>> = {
  [TYPES.ping]: LIMITS.pingBytesMax,
  [TYPES.pong]: LIMITS.pongBytesMax,
  [TYPES.bye]: LIMITS.byeBytesMax,
  [TYPES.table]: LIMITS.tableBytesMax,
  [TYPES.vendor]: LIMITS.vendorBytesMax,
  [TYPES.standardVendor]: LIMITS.vendorBytesMax,
  [TYPES.push]: LIMITS.pushBytesMax,
  [TYPES.query]: LIMITS.queryBytesMax,
  [TYPES.hit]: LIMITS.hitBytesMax,
};

export const gnutellaCodec: StreamCodec<Message> = {
  size,
  messageBytesMax: HEADER_BYTES + LIMITS.hitBytesMax,
  link: (initiator) => new GnutellaLinkCodec(initiator),
};

/** Follows one link from text blocks (three of them in 0.6, two in 0.4) to binary descriptors, per direction. */
class GnutellaLinkCodec implements LinkCodec<Message> {
  private readonly initiator: boolean;
  private sent = 0;
  private received = 0;
  private legacy = false;
  deflates = false;
  inflates = false;

  constructor(initiator: boolean) {
    this.initiator = initiator;
  }

  encode(message: Message): Uint8Array {
    if (message.kind !== "handshake") return encodeDescriptor(message);
    this.sent++;
    if (isLegacy(message)) this.legacy = true;
    if (this.sendsBinary()) this.deflates = announcesDeflate(message);
    return encodeHandshake(message);
  }

  decode(bytes: Uint8Array): Framed<Message> {
    if (this.receivesBinary()) return frameDescriptor(bytes);
    const framed = frameHandshake(bytes);
    if (framed.at === "message" && framed.message.kind === "handshake") {
      this.received++;
      if (isLegacy(framed.message)) this.legacy = true;
      if (this.receivesBinary()) this.inflates = announcesDeflate(framed.message);
    }
    return framed;
  }

  /** Blocks that each side says: 0.6 initiator 2, acceptor 1; 0.4 one each. */
  private sendsBinary(): boolean {
    return this.sent >= (this.initiator && !this.legacy ? 2 : 1);
  }

  private receivesBinary(): boolean {
    return this.received >= (!this.initiator && !this.legacy ? 2 : 1);
  }
}

function announcesDeflate(block: Handshake): boolean {
  return /(^|[\s,;])deflate($|[\s,;])/i.test(field(block, "Content-Encoding") ?? "");
}

/** The whole message's bytes before compression. */
function size(message: Message): number {
  switch (message.kind) {
    case "handshake":
      return encodeHandshake(message).length;
    case "ping":
      return HEADER_BYTES + message.extensions.length;
    case "pong":
      return HEADER_BYTES + 14 + message.extensions.length;
    case "bye":
      return HEADER_BYTES + 3 + utf8Length(message.text);
    case "table-reset":
      return HEADER_BYTES + 6;
    case "table-patch":
      return HEADER_BYTES + 5 + message.data.length;
    case "vendor":
      return HEADER_BYTES + 8 + message.data.length;
    case "push":
      return HEADER_BYTES + 26 + message.extensions.length;
    case "query":
      return HEADER_BYTES + 3 + utf8Length(message.text) + message.extensions.length;
    case "hit": {
      let bytes = HEADER_BYTES + 11 + message.trailer.length + 16;
      for (const { name, latin1, extensions } of message.records) {
        bytes += 10 + (latin1 ? name.length : utf8Length(name)) + extensions.length;
      }
      return bytes;
    }
    case "unknown":
      return HEADER_BYTES + message.payload.length;
  }
}

// --- the handshake

const CR = 13;
const LF = 10;

function isLegacy(block: Handshake): boolean {
  return block.line === "GNUTELLA CONNECT/0.4" || block.line === "GNUTELLA OK";
}

function encodeHandshake(block: Handshake): Uint8Array {
  if (isLegacy(block)) return latin1Encode(`${block.line}\n\n`);
  let text = `${block.line}\r\n`;
  for (const [name, value] of block.fields) text += `${name}: ${value}\r\n`;
  assert(!/[^\x20-\x7e\r\n]/.test(text), "handshake text is printable ASCII");
  return latin1Encode(`${text}\r\n`);
}

/** Lines up to an empty one; CRLF or bare LF; a line that starts with blank space continues the one before. */
function frameHandshake(bytes: Uint8Array): Framed<Message> {
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(LF, at);
    const lineBytes = (end < 0 ? bytes.length : end) - at;
    if (lineBytes > LIMITS.handshakeLineBytesMax) return { at: "lost", problem: "handshake: line too long" };
    if (at + lineBytes > LIMITS.handshakeBytesMax) return { at: "lost", problem: "handshake: block too long" };
    if (end < 0) return { at: "more" };
    const line = latin1Decode(bytes.subarray(at, end > at && bytes[end - 1] === CR ? end - 1 : end));
    at = end + 1;
    if (line === "") break;
    if (lines.length > LIMITS.handshakeFieldsMax) return { at: "lost", problem: "handshake: too many lines" };
    if (/^[ \t]/.test(line) && lines.length > 1) lines[lines.length - 1] += ` ${line.trim()}`;
    else lines.push(line);
  }
  const line = lines[0];
  if (line === undefined || !/^GNUTELLA[ /]/.test(line)) return { at: "lost", problem: "handshake: no GNUTELLA line" };
  const fields: [string, string][] = [];
  for (const text of lines.slice(1)) {
    const colon = text.indexOf(":");
    // A line that is no field harms nobody: old peers send such.
    if (colon > 0) fields.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  return { at: "message", message: { kind: "handshake", line: line.trim(), fields }, used: at };
}

// --- descriptors

function frameDescriptor(bytes: Uint8Array): Framed<Message> {
  if (bytes.length < HEADER_BYTES) return { at: "more" };
  const type = bytes[16] as number;
  const length =
    (bytes[19] as number) |
    ((bytes[20] as number) << 8) |
    ((bytes[21] as number) << 16) |
    ((bytes[22] as number) << 24);
  if (length < 0 || length > (PAYLOAD_MAX[type] ?? LIMITS.unknownBytesMax)) {
    return { at: "lost", problem: `descriptor of type ${type}: ${length >>> 0} bytes of payload` };
  }
  const used = HEADER_BYTES + length;
  if (bytes.length < used) return { at: "more" };
  const result = decodeDescriptor(bytes.subarray(0, used));
  return result.ok
    ? { at: "message", message: result.value, used }
    : { at: "bad-message", problem: result.problem, used };
}

/** One whole descriptor, header included and nothing behind it. */
export function decodeDescriptor(bytes: Uint8Array): Decoded<Descriptor> {
  if (bytes.length < HEADER_BYTES) return malformed("descriptor", "shorter than its header");
  const header: Header = { id: hexEncode(bytes.subarray(0, 16)), ttl: bytes[17] as number, hops: bytes[18] as number };
  const body = new ByteReader(bytes.subarray(HEADER_BYTES));
  const type = bytes[16] as number;
  const message = decodePayload(type, header, body);
  if (typeof message === "string") return malformed(`descriptor of type ${type}`, message);
  if (body.problem !== undefined) return malformed(message.kind, body.problem);
  return decoded(message);
}

/** The message, or what is wrong with it; reading past the end shows in `body.problem`. */
function decodePayload(type: number, header: Header, body: ByteReader): Descriptor | string {
  switch (type) {
    case TYPES.ping:
      return { kind: "ping", header, extensions: body.rest() };
    case TYPES.pong: {
      const address = readAddress(body);
      return { kind: "pong", header, address, files: body.u32le(), kilobytes: body.u32le(), extensions: body.rest() };
    }
    case TYPES.bye: {
      const code = body.u16le();
      const text = body.rest();
      const end = text.indexOf(0);
      const said = end < 0 ? text : text.subarray(0, end);
      return { kind: "bye", header, code, text: utf8Decode(said) ?? latin1Decode(said) };
    }
    case TYPES.table:
      return decodeTable(header, body);
    case TYPES.vendor:
    case TYPES.standardVendor:
      return {
        kind: "vendor",
        header,
        standard: type === TYPES.standardVendor,
        vendor: latin1Decode(body.bytes(4)),
        selector: body.u16le(),
        version: body.u16le(),
        data: body.rest(),
      };
    case TYPES.push: {
      const servent = hexEncode(body.bytes(16));
      const index = body.u32le();
      const ip = body.u32be();
      return { kind: "push", header, servent, index, address: endpointOf(ip, body.u16le()), extensions: body.rest() };
    }
    case TYPES.query: {
      const flags = body.u16be();
      const text = utf8Decode(body.until(0, LIMITS.queryBytesMax));
      if (text === undefined) return "the text is not UTF-8";
      return { kind: "query", header, flags, text, extensions: body.rest() };
    }
    case TYPES.hit:
      return decodeHit(header, body);
    default:
      return { kind: "unknown", header, type, payload: body.rest() };
  }
}

function decodeTable(header: Header, body: ByteReader): Descriptor | string {
  const variant = body.u8();
  if (variant === 0) return { kind: "table-reset", header, slots: body.u32le(), infinity: body.u8() };
  if (variant !== 1) return `unknown variant ${variant}`;
  return {
    kind: "table-patch",
    header,
    sequence: body.u8(),
    total: body.u8(),
    compressor: body.u8(),
    entryBits: body.u8(),
    data: body.rest(),
  };
}

function decodeHit(header: Header, body: ByteReader): Descriptor | string {
  const count = body.u8();
  const address = readAddress(body);
  const speedKbps = body.u32le();
  const records: HitRecord[] = [];
  for (let i = 0; i < count && body.problem === undefined; i++) {
    const index = body.u32le();
    const fileSize = body.u32le();
    const nameBytes = body.until(0, LIMITS.hitBytesMax);
    const name = utf8Decode(nameBytes);
    const extensions = body.until(0, LIMITS.hitBytesMax);
    records.push({
      index,
      size: fileSize,
      name: name ?? latin1Decode(nameBytes),
      latin1: name === undefined,
      extensions,
    });
  }
  if (body.left < 16) return body.problem ?? "no servent id";
  const trailer = body.bytes(body.left - 16);
  return { kind: "hit", header, address, speedKbps, records, trailer, servent: hexEncode(body.bytes(16)) };
}

export function encodeDescriptor(message: Descriptor): Uint8Array {
  const total = size(message);
  const writer = new ByteWriter(total);
  const { id, ttl, hops } = message.header;
  assert(ttl <= 255 && hops <= 255, "TTL and hops are bytes");
  writer
    .bytes(guidBytes(id))
    .u8(typeOf(message))
    .u8(ttl)
    .u8(hops)
    .u32le(total - HEADER_BYTES);
  encodePayload(message, writer);
  return writer.done();
}

function typeOf(message: Descriptor): number {
  switch (message.kind) {
    case "table-reset":
    case "table-patch":
      return TYPES.table;
    case "vendor":
      return message.standard ? TYPES.standardVendor : TYPES.vendor;
    case "unknown":
      return message.type;
    default:
      return TYPES[message.kind];
  }
}

function encodePayload(message: Descriptor, writer: ByteWriter): void {
  switch (message.kind) {
    case "ping":
      writer.bytes(message.extensions);
      return;
    case "pong":
      writeAddress(writer, message.address);
      writer.u32le(message.files).u32le(message.kilobytes).bytes(message.extensions);
      return;
    case "bye":
      writer.u16le(message.code).utf8(message.text).u8(0);
      return;
    case "table-reset":
      writer.u8(0).u32le(message.slots).u8(message.infinity);
      return;
    case "table-patch":
      writer
        .u8(1)
        .u8(message.sequence)
        .u8(message.total)
        .u8(message.compressor)
        .u8(message.entryBits)
        .bytes(message.data);
      return;
    case "vendor":
      writer.bytes(latin1Encode(message.vendor)).u16le(message.selector).u16le(message.version).bytes(message.data);
      return;
    case "push":
      writer.bytes(guidBytes(message.servent)).u32le(message.index);
      writer.u32be(ipv4Of(message.address)).u16le(portOf(message.address)).bytes(message.extensions);
      return;
    case "query":
      writer.u16be(message.flags).utf8(message.text).u8(0).bytes(message.extensions);
      return;
    case "hit":
      assert(message.records.length <= 255, "at most 255 records in a hit");
      writer.u8(message.records.length);
      writeAddress(writer, message.address);
      writer.u32le(message.speedKbps);
      for (const record of message.records) {
        writer.u32le(record.index).u32le(record.size);
        if (record.latin1) writer.bytes(latin1Encode(record.name));
        else writer.utf8(record.name);
        writer.u8(0).bytes(record.extensions).u8(0);
      }
      writer.bytes(message.trailer).bytes(guidBytes(message.servent));
      return;
    case "unknown":
      writer.bytes(message.payload);
  }
}

function guidBytes(guid: Guid): Uint8Array {
  const bytes = hexDecode(guid);
  assert(bytes?.length === 16, "a GUID is 32 hex digits");
  return bytes;
}

/** Port (little endian), then IPv4 (network order), as in pongs and hits. */
function readAddress(body: ByteReader): Address {
  const port = body.u16le();
  return endpointOf(body.u32be(), port);
}

function writeAddress(writer: ByteWriter, address: Address): void {
  writer.u16le(portOf(address)).u32be(ipv4Of(address));
}
