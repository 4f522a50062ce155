// Messages of a link of the mesh to bytes and back: u32 length, big endian, then one CBOR array, the number of the kind and the
// fields of messages.ts in their order.
import { assert } from "../../../base/assert.ts";
import { hexDecode, hexEncode, utf8Length } from "../../../base/bytes.ts";
import { CborReader, CborWriter } from "../../../base/cbor.ts";
import { type Decoded, decoded, malformed } from "../../../base/decoded.ts";
import { SHA256_BYTES } from "../../../base/sha256.ts";
import type { Address, Framed, LinkCodec, StreamCodec } from "../../../host/host.ts";
import { MESH_LIMITS } from "./limits.ts";
import { type Envelope, type MeshMessage, RANKS, type ServerId } from "./messages.ts";

type Kind = MeshMessage["kind"];

/** A layout that changes takes a new number. */
const LAYOUTS: { readonly [K in Kind]: { readonly number: number; readonly items: number } } = {
  hello: { number: 1, items: 6 },
  proof: { number: 2, items: 2 },
  goodbye: { number: 3, items: 3 },
  beat: { number: 4, items: 7 },
  envelope: { number: 5, items: 7 },
  received: { number: 6, items: 2 },
};

const KINDS = new Map(Object.entries(LAYOUTS).map(([kind, { number }]) => [number, kind as Kind]));

/** What a greeting begins with, so that whoever dials a wrong port sees it at once. */
const PROTOCOL = "servent-union/1";

const HEAD_BYTES = 4;
const ID_BYTES = 8;
export const NONCE_BYTES = 16;
export const REASON_BYTES_MAX = 256;
const ITEMS_MAX = 23;

export const meshCodec: StreamCodec<MeshMessage> = {
  size: (message) => encodeFrame(message).length,
  messageBytesMax: HEAD_BYTES + MESH_LIMITS.messageBytesMax,
  link: () => new MeshLinkCodec(),
};

class MeshLinkCodec implements LinkCodec<MeshMessage> {
  readonly deflates = false;
  readonly inflates = false;
  /** Grows with the other side's proof: if that is wrong, the node hangs up before anything else is read. */
  private bytesMax: number = MESH_LIMITS.handshakeBytesMax;

  encode(message: MeshMessage): Uint8Array {
    return encodeFrame(message);
  }

  decode(bytes: Uint8Array): Framed<MeshMessage> {
    if (bytes.length < HEAD_BYTES) return { at: "more" };
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (length > this.bytesMax) return { at: "lost", problem: `a message of ${length} bytes` };
    const used = HEAD_BYTES + length;
    if (bytes.length < used) return { at: "more" };
    const result = decodeMeshMessage(bytes.subarray(HEAD_BYTES, used));
    if (!result.ok) return { at: "bad-message", problem: result.problem, used };
    if (result.value.kind === "proof") this.bytesMax = MESH_LIMITS.messageBytesMax;
    return { at: "message", message: result.value, used };
  }
}

/** Asserts that every part is within its bound. */
export function encodeMeshMessage(message: MeshMessage): Uint8Array {
  return encodeFrame(message).subarray(HEAD_BYTES);
}

/** With its length in front. */
function encodeFrame(message: MeshMessage): Uint8Array {
  const writer = new MeshWriter(message.kind === "envelope" ? envelopeBytesMax(message) : undefined);
  // The length is known at the end only.
  writer.u32be(0);
  const { number, items } = LAYOUTS[message.kind];
  writer.array(items).number(number);
  writer.fields(message);
  const bytes = writer.done();
  assert(bytes.length - HEAD_BYTES <= MESH_LIMITS.messageBytesMax, "a message is no longer than its receiver takes");
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length - HEAD_BYTES);
  return bytes;
}

/** About what an envelope takes, never less: its heads, its ids, and what is in it. */
export function envelopeBytesMax(envelope: Envelope): number {
  return 48 + (1 + ID_BYTES) * (1 + envelope.to.length) + envelope.payload.length;
}

export function decodeMeshMessage(bytes: Uint8Array): Decoded<MeshMessage> {
  const reader = new MeshReader(bytes);
  const items = reader.array(ITEMS_MAX);
  const number = reader.unsigned();
  const kind = KINDS.get(number);
  if (reader.problem !== undefined) return malformed("mesh", reader.problem);
  if (kind === undefined) return malformed("mesh", `kind ${number}`);
  if (items !== LAYOUTS[kind].items) return malformed(kind, `${items} items`);
  const message = reader.fields(kind);
  reader.end();
  return reader.problem === undefined ? decoded(message) : malformed(kind, reader.problem);
}

/** May a server be called so? One to 64 bytes of UTF-8 without control characters and blanks. */
export function isServerName(name: string): boolean {
  return (
    name !== "" && name.isWellFormed() && utf8Length(name) <= MESH_LIMITS.nameBytesMax && !/[\p{C}\p{Z}]/u.test(name)
  );
}

class MeshWriter extends CborWriter {
  fields(message: MeshMessage): void {
    switch (message.kind) {
      case "hello":
        assert(message.nonce.length === NONCE_BYTES, "a nonce has its length");
        this.text(PROTOCOL);
        this.name(message.name);
        this.id(message.id);
        this.byteString(message.nonce);
        this.address(message.address);
        return;
      case "proof":
        assert(message.code.length === SHA256_BYTES, "a proof has its length");
        this.byteString(message.code);
        return;
      case "goodbye":
        assert(utf8Length(message.reason) <= REASON_BYTES_MAX, "a reason is short");
        assert(message.others.length <= MESH_LIMITS.othersMax, "a goodbye names no more");
        this.text(message.reason).array(message.others.length);
        for (const address of message.others) this.number(address);
        return;
      case "beat":
        this.id(message.origin);
        this.name(message.name);
        this.address(message.address);
        this.number(message.number).boolean(message.isLast);
        this.ids(message.path, MESH_LIMITS.hopsMax);
        return;
      case "envelope":
        assert(message.payload.length <= MESH_LIMITS.payloadBytesMax, "a payload within its bound");
        this.id(message.origin);
        this.number(message.number).number(RANKS.indexOf(message.rank)).number(message.hops);
        this.ids(message.to, MESH_LIMITS.serversMax);
        this.byteString(message.payload);
        return;
      case "received":
        this.number(message.envelopes);
        return;
      default:
        unknownKind(message);
    }
  }

  private address(address: Address | undefined): void {
    if (address === undefined) this.null();
    else this.number(address);
  }

  private name(name: string): void {
    assert(isServerName(name), "a server's name is one");
    this.text(name);
  }

  private ids(ids: readonly ServerId[], most: number): void {
    assert(ids.length <= most, "a list of servers has its bound");
    this.array(ids.length);
    for (const id of ids) this.id(id);
  }

  private id(id: ServerId): void {
    const bytes = hexDecode(id);
    assert(bytes?.length === ID_BYTES, "a server's id is 16 hex digits");
    this.byteString(bytes);
  }
}

class MeshReader extends CborReader {
  fields(kind: Kind): MeshMessage {
    switch (kind) {
      case "hello":
        if (this.text(REASON_BYTES_MAX) !== PROTOCOL) this.fail("another protocol");
        return {
          kind,
          name: this.name(),
          id: this.id(),
          nonce: this.byteString(NONCE_BYTES, NONCE_BYTES),
          address: this.address(),
        };
      case "proof":
        return { kind, code: this.byteString(SHA256_BYTES, SHA256_BYTES) };
      case "goodbye":
        return { kind, reason: this.text(REASON_BYTES_MAX), others: this.addresses() };
      case "beat":
        return {
          kind,
          origin: this.id(),
          name: this.name(),
          address: this.address(),
          number: this.unsigned(),
          isLast: this.boolean(),
          path: this.ids(MESH_LIMITS.hopsMax),
        };
      case "envelope":
        return {
          kind,
          origin: this.id(),
          number: this.unsigned(),
          rank: RANKS[this.unsigned(RANKS.length - 1)] ?? "search",
          hops: this.unsigned(MESH_LIMITS.hopsMax),
          to: this.ids(MESH_LIMITS.serversMax),
          payload: this.byteString(MESH_LIMITS.payloadBytesMax),
        };
      case "received":
        return { kind, envelopes: this.unsigned() };
      default:
        return unknownKind(kind);
    }
  }

  private name(): string {
    const name = this.text(MESH_LIMITS.nameBytesMax);
    if (!isServerName(name)) this.fail("no server's name");
    return name;
  }

  private address(): Address | undefined {
    return this.null() ? undefined : this.unsigned();
  }

  private addresses(): Address[] {
    const addresses: Address[] = [];
    for (let left = this.array(MESH_LIMITS.othersMax); left > 0 && this.problem === undefined; left--) {
      addresses.push(this.unsigned());
    }
    return addresses;
  }

  private ids(most: number): ServerId[] {
    const ids: ServerId[] = [];
    for (let left = this.array(most); left > 0 && this.problem === undefined; left--) ids.push(this.id());
    return ids;
  }

  private id(): ServerId {
    return hexEncode(this.byteString(ID_BYTES, ID_BYTES));
  }
}

function unknownKind(_kind: never): never {
  throw new Error("assertion failed: every kind of message has a layout");
}
