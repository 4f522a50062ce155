// Messages between servers to bytes and back, whatever carries them: one CBOR array, the number of the kind and then the fields
// of union.ts in their order. Byte text travels as bytes, one for each character.
import { latin1Decode, latin1Encode } from "../../../base/bytes.ts";
import { CborReader, CborWriter } from "../../../base/cbor.ts";
import { type Decoded, decoded, malformed } from "../../../base/decoded.ts";
import { LIMITS } from "../limits.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { SERVER_LIMITS } from "../server/limits.ts";
import type { UnionMessage, Visitor } from "../server/union.ts";
import { MEDIA_TYPES, type MediaType, type SearchHit } from "../shared-file.ts";
import { MESH_LIMITS } from "./limits.ts";
import type { Rank } from "./messages.ts";

type Kind = UnionMessage["kind"];

/** The number of each kind, and the items of its array. A layout that changes takes a new number: older servers drop it. */
const LAYOUTS: { readonly [K in Kind]: { readonly number: number; readonly items: number } } = {
  search: { number: 1, items: 4 },
  // 2 had hits without their owner's port.
  hits: { number: 8, items: 4 },
  where: { number: 3, items: 2 },
  // 4 did not say whether he is registered, and from where he comes.
  here: { number: 9, items: 5 },
  gone: { number: 5, items: 2 },
  command: { number: 6, items: 3 },
  deliver: { number: 7, items: 3 },
};

const KINDS = new Map(Object.entries(LAYOUTS).map(([kind, { number }]) => [number, kind as Kind]));

const VISITOR_ITEMS = 5;
/** The last, the owner's port, is left out where it is not known. */
const HIT_ITEMS = 12;
const MESSAGE_ITEMS = 2;

const U8_MAX = 0xff;
const U16_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

const BROWSE_ANSWERS: ReadonlySet<number> = new Set([MESSAGE.browseFile, MESSAGE.browseEnd]);

/** What gives way first where a link is congested. */
export function rankOf(message: UnionMessage): Rank {
  if (message.kind === "search" || message.kind === "hits") return message.kind;
  // The end of a list must not overtake it.
  const isOfList = message.kind === "deliver" && BROWSE_ANSWERS.has(message.message.type);
  return isOfList ? "browse" : "word";
}

/**
 * One or, where there are more hits than one may hold, several messages as bytes. Undefined where a text in it is longer than its
 * bound in limits.ts: such texts come from others, so this is no fault of ours.
 */
export function encodeUnionMessages(message: UnionMessage): readonly Uint8Array[] | undefined {
  const all = message.kind === "hits" ? splitHits(message) : [message];
  const payloads: Uint8Array[] = [];
  for (const each of all) {
    const payload = encodeUnionMessage(each);
    if (payload === undefined) return undefined;
    payloads.push(payload);
  }
  return payloads;
}

/** As `encodeUnionMessages`, of a message that is known to be one. */
export function encodeUnionMessage(message: UnionMessage): Uint8Array | undefined {
  const writer = new PayloadWriter();
  const { number, items } = LAYOUTS[message.kind];
  writer.array(items).number(number);
  writer.fields(message);
  if (writer.isTooLong) return undefined;
  const payload = writer.done();
  return payload.length <= MESH_LIMITS.payloadBytesMax ? payload : undefined;
}

export function decodeUnionMessage(payload: Uint8Array): Decoded<UnionMessage> {
  if (payload.length > MESH_LIMITS.payloadBytesMax) return malformed("union", `${payload.length} bytes`);
  const reader = new PayloadReader(payload);
  const items = reader.array(U8_MAX);
  const number = reader.unsigned();
  const kind = KINDS.get(number);
  if (reader.problem !== undefined) return malformed("union", reader.problem);
  if (kind === undefined) return malformed("union", `kind ${number}`);
  if (items !== LAYOUTS[kind].items) return malformed(kind, `${items} items`);
  const message = reader.fields(kind);
  reader.end();
  return reader.problem === undefined ? decoded(message) : malformed(kind, reader.problem);
}

type Hits = Extract<UnionMessage, { kind: "hits" }>;

/** In parts that fit, each by its number and by its bytes. Only the last of them is the last word. */
function splitHits(message: Hits): readonly Hits[] {
  const parts: Hits[] = [];
  let hits: SearchHit[] = [];
  let bytes = 0;
  for (const hit of message.hits) {
    const more = hitBytesMax(hit);
    if (hits.length === SERVER_LIMITS.unionHitsMax || (hits.length > 0 && bytes + more > HITS_BYTES_MAX)) {
      parts.push({ ...message, hits, isLast: false });
      hits = [];
      bytes = 0;
    }
    hits.push(hit);
    bytes += more;
  }
  parts.push({ ...message, hits });
  return parts;
}

/** Beside the hits a message holds four heads and a number. */
const HITS_BYTES_MAX = MESH_LIMITS.payloadBytesMax - 32;

/** Its twelve heads and numbers take at most nine bytes each. */
function hitBytesMax({ file, nick }: SearchHit): number {
  return HIT_ITEMS * 9 + 1 + file.path.length + file.md5.length + file.urn.length + nick.length;
}

class PayloadWriter extends CborWriter {
  isTooLong = false;

  fields(message: UnionMessage): void {
    switch (message.kind) {
      case "search":
        this.number(message.id);
        this.visitor(message.asker);
        this.byteText(message.request, MESH_LIMITS.requestBytesMax);
        return;
      case "hits":
        this.number(message.id).array(message.hits.length);
        for (const hit of message.hits) this.hit(hit);
        this.boolean(message.isLast);
        return;
      case "where":
      case "gone":
        this.byteText(message.nick, MESH_LIMITS.wordBytesMax);
        return;
      case "here":
        this.byteText(message.nick, MESH_LIMITS.wordBytesMax);
        this.number(message.loginAgeMs).boolean(message.isRegistered).number(message.ip);
        return;
      case "command":
        this.visitor(message.sender);
        this.message(message.message);
        return;
      case "deliver":
        this.byteText(message.nick, MESH_LIMITS.wordBytesMax);
        this.message(message.message);
        return;
      default:
        unknownKind(message);
    }
  }

  private visitor({ nick, ip, port, linkSpeed, client }: Visitor): void {
    this.array(VISITOR_ITEMS);
    this.byteText(nick, MESH_LIMITS.wordBytesMax);
    this.number(ip).number(port).number(linkSpeed);
    this.byteText(client, MESH_LIMITS.wordBytesMax);
  }

  private hit({ file, nick, ip, linkSpeed, port }: SearchHit): void {
    this.array(port === undefined ? HIT_ITEMS - 1 : HIT_ITEMS);
    this.byteText(file.path, LIMITS.pathBytesMax);
    this.byteText(file.md5, MESH_LIMITS.wordBytesMax);
    this.number(file.size).number(file.bitrate).number(file.frequency).number(file.seconds);
    this.number(MEDIA_TYPES.indexOf(file.media));
    this.byteText(file.urn, MESH_LIMITS.wordBytesMax);
    this.byteText(nick, MESH_LIMITS.wordBytesMax);
    this.number(ip).number(linkSpeed);
    if (port !== undefined) this.number(port);
  }

  private message({ type, text }: Message): void {
    this.array(MESSAGE_ITEMS).number(type);
    this.byteText(text, LIMITS.serverPayloadBytesMax);
  }

  private byteText(text: string, bytesMax: number): void {
    if (text.length > bytesMax) this.isTooLong = true;
    else this.byteString(latin1Encode(text));
  }
}

class PayloadReader extends CborReader {
  fields(kind: Kind): UnionMessage {
    switch (kind) {
      case "search":
        return {
          kind,
          id: this.unsigned(),
          asker: this.visitor(),
          request: this.byteText(MESH_LIMITS.requestBytesMax),
        };
      case "hits":
        return { kind, id: this.unsigned(), hits: this.hits(), isLast: this.boolean() };
      case "where":
      case "gone":
        return { kind, nick: this.byteText(MESH_LIMITS.wordBytesMax) };
      case "here":
        return {
          kind,
          nick: this.byteText(MESH_LIMITS.wordBytesMax),
          loginAgeMs: this.unsigned(),
          isRegistered: this.boolean(),
          ip: this.unsigned(U32_MAX),
        };
      case "command":
        return { kind, sender: this.visitor(), message: this.message() };
      case "deliver":
        return { kind, nick: this.byteText(MESH_LIMITS.wordBytesMax), message: this.message() };
      default:
        return unknownKind(kind);
    }
  }

  private visitor(): Visitor {
    this.items(VISITOR_ITEMS);
    return {
      nick: this.byteText(MESH_LIMITS.wordBytesMax),
      ip: this.unsigned(U32_MAX),
      port: this.unsigned(U16_MAX),
      linkSpeed: this.unsigned(U8_MAX),
      client: this.byteText(MESH_LIMITS.wordBytesMax),
    };
  }

  private hits(): SearchHit[] {
    const hits: SearchHit[] = [];
    for (let left = this.array(SERVER_LIMITS.unionHitsMax); left > 0 && this.problem === undefined; left--) {
      hits.push(this.hit());
    }
    return hits;
  }

  private hit(): SearchHit {
    const items = this.items(HIT_ITEMS - 1, HIT_ITEMS);
    const file = {
      path: this.byteText(LIMITS.pathBytesMax),
      md5: this.byteText(MESH_LIMITS.wordBytesMax),
      size: this.unsigned(U32_MAX),
      bitrate: this.unsigned(U32_MAX),
      frequency: this.unsigned(U32_MAX),
      seconds: this.unsigned(U32_MAX),
      media: this.media(),
      urn: this.byteText(MESH_LIMITS.wordBytesMax),
    };
    return {
      file,
      nick: this.byteText(MESH_LIMITS.wordBytesMax),
      ip: this.unsigned(U32_MAX),
      linkSpeed: this.unsigned(U8_MAX),
      ...(items === HIT_ITEMS ? { port: this.unsigned(U16_MAX) } : {}),
    };
  }

  private media(): MediaType {
    return MEDIA_TYPES[this.unsigned(MEDIA_TYPES.length - 1)] ?? "mp3";
  }

  private message(): Message {
    this.items(MESSAGE_ITEMS);
    return { type: this.unsigned(U16_MAX), text: this.byteText(LIMITS.serverPayloadBytesMax) };
  }

  private items(least: number, most = least): number {
    const items = this.array(most);
    if (items < least) this.fail("too few items");
    return items;
  }

  private byteText(bytesMax: number): string {
    return latin1Decode(this.byteString(bytesMax));
  }
}

function unknownKind(_kind: never): never {
  throw new Error("assertion failed: every kind of message has a layout");
}
