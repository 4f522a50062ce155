// Messages to datagrams and back. A datagram is one CBOR array in deterministic encoding: the number of its kind, then the
// fields of messages.ts in their order. The table is in README.md.
import { assert } from "../../base/assert.ts";
import { CBOR_SIMPLE_BYTES, CborReader, CborWriter, cborByteStringBytes, cborHeadBytes } from "../../base/cbor.ts";
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import type { Address, DatagramCodec } from "../../host/host.ts";
import type { IdSpace } from "./id-space.ts";
import { LIMITS } from "./limits.ts";
import type { Kind, Message, Peer, Record } from "./messages.ts";

/** The number of each kind, and the items of its array. A layout that changes takes a new number: old servents ignore it. */
const LAYOUTS: { readonly [K in Kind]: { readonly number: number; readonly items: number } } = {
  ping: { number: 1, items: 2 },
  pong: { number: 2, items: 2 },
  "ask-neighbours": { number: 3, items: 2 },
  neighbours: { number: 4, items: 5 },
  busy: { number: 5, items: 2 },
  notify: { number: 6, items: 2 },
  "look-again": { number: 7, items: 1 },
  find: { number: 8, items: 4 },
  found: { number: 9, items: 4 },
  route: { number: 10, items: 6 },
  arrived: { number: 11, items: 4 },
  leave: { number: 12, items: 4 },
  fetch: { number: 13, items: 4 },
  records: { number: 14, items: 5 },
  store: { number: 15, items: 6 },
  stored: { number: 16, items: 3 },
};

const KINDS = new Map(Object.entries(LAYOUTS).map(([kind, { number }]) => [number, kind as Kind]));
const ITEMS_MAX = Math.max(...Object.values(LAYOUTS).map(({ items }) => items));

/** The array's head and the number of the kind, both below 24. */
const HEADER_BYTES = 2;
/** Tokens and permits use all of 32 bits: as byte strings they have one size, and a message's size is known at once. */
const TOKEN_BYTES = cborByteStringBytes(4);
/** IPv4 and port. */
const ADDRESS_BYTES = cborByteStringBytes(6);
const PAIR_BYTES = cborHeadBytes(2);

const HOPS_MAX = 0xff;
const U32_MAX = 0xffff_ffff;
const U48_MAX = 0xffff_ffff_ffff;

export function chordCodec<Id>(space: IdSpace<Id>): DatagramCodec<Message<Id>> {
  return new ChordCodec(space);
}

/** How many of these records, from the first on, go into one answer. */
export function recordsThatFit(records: readonly Record[]): number {
  const most = Math.min(records.length, LIMITS.recordsPerAnswerMax);
  let bytes = HEADER_BYTES + 2 * TOKEN_BYTES + cborHeadBytes(U32_MAX) + cborHeadBytes(most);
  for (let count = 0; count < most; count++) {
    bytes += recordBytes(records[count] as Record);
    if (bytes > LIMITS.datagramBytesMax) return count;
  }
  return most;
}

class ChordCodec<Id> implements DatagramCodec<Message<Id>> {
  readonly datagramBytesMax = LIMITS.datagramBytesMax;
  private readonly space: IdSpace<Id>;
  private readonly idBytes: number;
  private readonly peerBytes: number;
  /** An id on its way into a datagram. */
  private readonly idBuffer: Uint8Array;

  constructor(space: IdSpace<Id>) {
    this.space = space;
    this.idBytes = cborByteStringBytes(space.bytes);
    this.peerBytes = PAIR_BYTES + this.idBytes + ADDRESS_BYTES;
    this.idBuffer = new Uint8Array(space.bytes);
  }

  /** The lab asks for every message that it simulates: the usual kinds come first, and nothing is allocated. */
  size(message: Message<Id>): number {
    switch (message.kind) {
      case "route":
        return (
          HEADER_BYTES + TOKEN_BYTES + this.idBytes + ADDRESS_BYTES + CBOR_SIMPLE_BYTES + cborHeadBytes(message.hops)
        );
      case "find":
        return HEADER_BYTES + TOKEN_BYTES + this.idBytes + listBytes(message.avoid.length, ADDRESS_BYTES);
      case "found":
        return HEADER_BYTES + TOKEN_BYTES + CBOR_SIMPLE_BYTES + listBytes(message.peers.length, this.peerBytes);
      case "arrived":
        return HEADER_BYTES + TOKEN_BYTES + this.idBytes + cborHeadBytes(message.hops);
      case "ping":
      case "pong":
      case "ask-neighbours":
      case "busy":
        return HEADER_BYTES + TOKEN_BYTES;
      case "neighbours":
        return HEADER_BYTES + TOKEN_BYTES + this.idBytes + this.bothSidesBytes(message.predecessor, message.successors);
      case "notify":
        return HEADER_BYTES + this.idBytes;
      case "look-again":
        return HEADER_BYTES;
      case "leave":
        return HEADER_BYTES + TOKEN_BYTES + this.bothSidesBytes(message.predecessor, message.successors);
      case "fetch":
        return HEADER_BYTES + TOKEN_BYTES + this.idBytes + cborHeadBytes(message.skip);
      case "records": {
        let bytes =
          HEADER_BYTES + 2 * TOKEN_BYTES + cborHeadBytes(message.total) + cborHeadBytes(message.records.length);
        for (const record of message.records) bytes += recordBytes(record);
        return bytes;
      }
      case "store":
        return (
          HEADER_BYTES + 2 * TOKEN_BYTES + this.idBytes + recordBytes(message.record) + cborHeadBytes(message.seconds)
        );
      case "stored":
        return HEADER_BYTES + TOKEN_BYTES + cborHeadBytes(message.seconds);
      default:
        return unknownKind(message);
    }
  }

  private bothSidesBytes(predecessor: Peer<Id> | undefined, successors: readonly Peer<Id>[]): number {
    const before = predecessor === undefined ? CBOR_SIMPLE_BYTES : this.peerBytes;
    return before + listBytes(successors.length, this.peerBytes);
  }

  encode(message: Message<Id>): Uint8Array {
    const bytes = this.size(message);
    assert(bytes <= this.datagramBytesMax, "a message fits into a datagram");
    const { number, items } = LAYOUTS[message.kind];
    const writer = new CborWriter(bytes);
    writer.array(items).number(number);
    this.writeFields(message, writer);
    return writer.done();
  }

  private writeFields(message: Message<Id>, writer: CborWriter): void {
    switch (message.kind) {
      case "ping":
      case "pong":
      case "ask-neighbours":
      case "busy":
        writeU32(message.token, writer);
        return;
      case "neighbours":
        writeU32(message.token, writer);
        this.writeId(message.id, writer);
        this.writeBothSides(message.predecessor, message.successors, writer);
        return;
      case "notify":
        this.writeId(message.id, writer);
        return;
      case "look-again":
        return;
      case "find":
        writeU32(message.token, writer);
        this.writeId(message.key, writer);
        assert(message.avoid.length <= LIMITS.avoidMax, "a lookup avoids no more peers than one message names");
        writer.array(message.avoid.length);
        for (const address of message.avoid) writeAddress(address, writer);
        return;
      case "found":
        writeU32(message.token, writer);
        writer.boolean(message.isOwner);
        this.writePeers(message.peers, writer);
        return;
      case "route":
        writeU32(message.token, writer);
        this.writeId(message.key, writer);
        writeAddress(message.origin, writer);
        writeCount(message.hops, HOPS_MAX, writer);
        writer.boolean(message.isLast);
        return;
      case "arrived":
        writeU32(message.token, writer);
        this.writeId(message.id, writer);
        writeCount(message.hops, HOPS_MAX, writer);
        return;
      case "leave":
        writeU32(message.token, writer);
        this.writeBothSides(message.predecessor, message.successors, writer);
        return;
      case "fetch":
        writeU32(message.token, writer);
        this.writeId(message.key, writer);
        writeCount(message.skip, U32_MAX, writer);
        return;
      case "records":
        writeU32(message.token, writer);
        writeU32(message.permit, writer);
        writeCount(message.total, U32_MAX, writer);
        assert(message.records.length <= LIMITS.recordsPerAnswerMax, "an answer has no more records than its bound");
        writer.array(message.records.length);
        for (const record of message.records) writeRecord(record, writer);
        return;
      case "store":
        writeU32(message.token, writer);
        writeU32(message.permit, writer);
        this.writeId(message.key, writer);
        writeRecord(message.record, writer);
        writeCount(message.seconds, U32_MAX, writer);
        return;
      case "stored":
        writeU32(message.token, writer);
        writeCount(message.seconds, U32_MAX, writer);
        return;
      default:
        unknownKind(message);
    }
  }

  private writeId(id: Id, writer: CborWriter): void {
    this.space.write(id, this.idBuffer, 0);
    writer.byteString(this.idBuffer);
  }

  private writePeer({ id, address }: Peer<Id>, writer: CborWriter): void {
    writer.array(2);
    this.writeId(id, writer);
    writeAddress(address, writer);
  }

  private writePeers(peers: readonly Peer<Id>[], writer: CborWriter): void {
    assert(peers.length <= LIMITS.peersMax, "a message has no more peers than its bound");
    writer.array(peers.length);
    for (const peer of peers) this.writePeer(peer, writer);
  }

  private writeBothSides(predecessor: Peer<Id> | undefined, successors: readonly Peer<Id>[], writer: CborWriter): void {
    if (predecessor === undefined) writer.null();
    else this.writePeer(predecessor, writer);
    this.writePeers(successors, writer);
  }

  decode(bytes: Uint8Array): Decoded<Message<Id>> {
    if (bytes.length > this.datagramBytesMax) return malformed("datagram", `${bytes.length} bytes`);
    const reader = new CborReader(bytes);
    const items = reader.array(ITEMS_MAX);
    const number = reader.unsigned();
    const kind = KINDS.get(number);
    if (kind === undefined) return malformed("datagram", reader.problem ?? `kind ${number}`);
    if (items !== LAYOUTS[kind].items) return malformed(kind, `${items} items`);
    const message = this.readFields(kind, reader);
    reader.end();
    return reader.problem === undefined ? decoded(message) : malformed(kind, reader.problem);
  }

  /** Properties are read in the order of the wire, for JavaScript evaluates an object's properties as they are written. */
  private readFields(kind: Kind, reader: CborReader): Message<Id> {
    switch (kind) {
      case "ping":
      case "pong":
      case "ask-neighbours":
      case "busy":
        return { kind, token: readU32(reader) };
      case "neighbours":
        return {
          kind,
          token: readU32(reader),
          id: this.readId(reader),
          predecessor: this.readMaybePeer(reader),
          successors: this.readPeers(reader),
        };
      case "notify":
        return { kind, id: this.readId(reader) };
      case "look-again":
        return { kind };
      case "find":
        return {
          kind,
          token: readU32(reader),
          key: this.readId(reader),
          avoid: readList(LIMITS.avoidMax, reader, readAddress),
        };
      case "found":
        return { kind, token: readU32(reader), isOwner: reader.boolean(), peers: this.readPeers(reader) };
      case "route":
        return {
          kind,
          token: readU32(reader),
          key: this.readId(reader),
          origin: readAddress(reader),
          hops: reader.unsigned(HOPS_MAX),
          isLast: reader.boolean(),
        };
      case "arrived":
        return { kind, token: readU32(reader), id: this.readId(reader), hops: reader.unsigned(HOPS_MAX) };
      case "leave":
        return {
          kind,
          token: readU32(reader),
          predecessor: this.readMaybePeer(reader),
          successors: this.readPeers(reader),
        };
      case "fetch":
        return { kind, token: readU32(reader), key: this.readId(reader), skip: reader.unsigned(U32_MAX) };
      case "records":
        return {
          kind,
          token: readU32(reader),
          permit: readU32(reader),
          total: reader.unsigned(U32_MAX),
          records: readList(LIMITS.recordsPerAnswerMax, reader, readRecord),
        };
      case "store":
        return {
          kind,
          token: readU32(reader),
          permit: readU32(reader),
          key: this.readId(reader),
          record: readRecord(reader),
          seconds: reader.unsigned(U32_MAX),
        };
      case "stored":
        return { kind, token: readU32(reader), seconds: reader.unsigned(U32_MAX) };
      default:
        return unknownKind(kind);
    }
  }

  /** Any id once the reader has failed: nobody will see the message. */
  private readId(reader: CborReader): Id {
    const { space } = this;
    const bytes = reader.byteString(space.bytes, space.bytes);
    if (reader.problem !== undefined) return space.zero;
    const id = space.read(bytes, 0);
    if (id === undefined) reader.fail("an id beyond the circle");
    return id ?? space.zero;
  }

  private readPeer(reader: CborReader): Peer<Id> {
    readPair(reader);
    return { id: this.readId(reader), address: readAddress(reader) };
  }

  private readMaybePeer(reader: CborReader): Peer<Id> | undefined {
    return reader.null() ? undefined : this.readPeer(reader);
  }

  private readPeers(reader: CborReader): Peer<Id>[] {
    return readList(LIMITS.peersMax, reader, (from) => this.readPeer(from));
  }
}

function listBytes(count: number, itemBytes: number): number {
  return cborHeadBytes(count) + count * itemBytes;
}

function recordBytes({ value }: Record): number {
  return PAIR_BYTES + ADDRESS_BYTES + cborByteStringBytes(value.length);
}

/** Tokens and permits. */
function writeU32(value: number, writer: CborWriter): void {
  assert(Number.isInteger(value) && value >= 0 && value <= U32_MAX, "a token has 32 bits");
  writer.byteStringHead(4).u32be(value);
}

function writeAddress(address: Address, writer: CborWriter): void {
  assert(Number.isInteger(address) && address >= 0 && address <= U48_MAX, "an address on the wire has 48 bits");
  writer
    .byteStringHead(6)
    .u16be(Math.floor(address / 0x1_0000_0000))
    .u32be(address % 0x1_0000_0000);
}

function writeCount(count: number, most: number, writer: CborWriter): void {
  assert(count >= 0 && count <= most, "a count is within its bounds");
  writer.number(count);
}

function writeRecord({ provider, value }: Record, writer: CborWriter): void {
  assert(value.length <= LIMITS.recordBytesMax, "a record is no longer than its bound");
  writer.array(2);
  writeAddress(provider, writer);
  writer.byteString(value);
}

function readU32(reader: CborReader): number {
  reader.byteStringHead(4, 4);
  return reader.u32be();
}

function readAddress(reader: CborReader): Address {
  reader.byteStringHead(6, 6);
  return reader.u16be() * 0x1_0000_0000 + reader.u32be();
}

function readRecord(reader: CborReader): Record {
  readPair(reader);
  return { provider: readAddress(reader), value: reader.byteString(LIMITS.recordBytesMax) };
}

function readPair(reader: CborReader): void {
  if (reader.array(2) !== 2) reader.fail("no pair");
}

function readList<T>(most: number, reader: CborReader, read: (reader: CborReader) => T): T[] {
  const list: T[] = [];
  for (let left = reader.array(most); left > 0 && reader.problem === undefined; left--) list.push(read(reader));
  return list;
}

function unknownKind(kind: never): never {
  throw new Error(`assertion failed: no message is of kind ${JSON.stringify(kind)}`);
}
