// The extension areas of queries and hit records (HUGE and GGEP): items separated by 0x1C, GGEP blocks parsed by structure.
import { concatBytes, equalBytes, latin1Decode, utf8Encode } from "../../base/bytes.ts";
import { sha1Urn, tigerUrn } from "../../base/urn.ts";
import { decodeGgep, encodeGgep, GGEP_MAGIC } from "./ggep.ts";
import type { Zlib } from "./zlib.ts";

const SEPARATOR = 0x1c;
/** Items of one area; gtk-gnutella drops queries with more than about ten. */
const ITEMS_MAX = 32;

export interface Extensions {
  /** Whole URNs, as they came: `urn:sha1:…`. */
  readonly urns: readonly string[];
  /** The asker wants hashes with each name. */
  readonly wantsUrns: boolean;
  readonly ggep: ReadonlyMap<string, Uint8Array>;
}

const NOTHING: Extensions = { urns: [], wantsUrns: false, ggep: new Map() };
const ASKS_URNS = concatBytes([utf8Encode("urn:"), Uint8Array.of(0)]);
const ONLY_ASKS_URNS: Extensions = { ...NOTHING, wantsUrns: true };

/** Reads what it knows and skips the rest; hostile areas give less, never an error. */
export function readExtensions(area: Uint8Array, zlib?: Zlib): Extensions {
  if (area.length === 0 || (area.length === 1 && area[0] === 0)) return NOTHING;
  // What most queries carry; and each is read wherever it passes.
  if (equalBytes(area, ASKS_URNS)) return ONLY_ASKS_URNS;
  const urns: string[] = [];
  const ggep = new Map<string, Uint8Array>();
  let wantsUrns = false;
  let at = 0;
  for (let item = 0; item < ITEMS_MAX && at < area.length; item++) {
    if (area[at] === GGEP_MAGIC) {
      const block = decodeGgep(area.subarray(at), zlib);
      if (block === undefined) break;
      for (const [id, data] of block.extensions) if (!ggep.has(id)) ggep.set(id, data);
      at += block.used;
    } else {
      let end = area.indexOf(SEPARATOR, at);
      if (end < 0) end = area.length;
      let stop = end;
      while (stop > at && area[stop - 1] === 0) stop--;
      const text = latin1Decode(area.subarray(at, Math.min(stop, at + 512)));
      if (/^urn:$/i.test(text)) wantsUrns = true;
      else if (/^urn:/i.test(text)) urns.push(text);
      at = end;
    }
    if (area[at] === SEPARATOR || area[at] === 0) at++;
  }
  for (const id of ["H", "u"]) {
    const data = ggep.get(id);
    if (data === undefined) continue;
    if (data.length === 0) wantsUrns = true;
    else urns.push(...(id === "H" ? urnsOfHash(data) : [`urn:${latin1Decode(data)}`]));
  }
  const root = ggep.get("TT");
  if (root?.length === 24) urns.push(tigerUrn(root));
  return { urns, wantsUrns, ggep };
}

/** GGEP H: type byte, then the raw hash. */
function urnsOfHash(data: Uint8Array): string[] {
  if (data[0] === 1 && data.length === 21) return [sha1Urn(data.subarray(1))];
  if (data[0] === 2 && data.length === 45) return [sha1Urn(data.subarray(1, 21)), tigerUrn(data.subarray(21))];
  return [];
}

/** Extension area of a query: asks for hashes, names the URN where one is wanted, and ends with a NUL. */
export function queryExtensions(urn: string | undefined): Uint8Array {
  return urn === undefined ? ASKS_URNS : concatBytes([utf8Encode(urn), Uint8Array.of(0)]);
}

export interface RecordFacts {
  readonly sha1: Uint8Array | undefined;
  readonly tigerRoot: Uint8Array | undefined;
  /** The real size, where it does not fit the record's 32 bits. */
  readonly large: number | undefined;
  /** The asker understands binary hashes (GGEP H). */
  readonly binary: boolean;
}

/** Extension area of a hit record, free of NUL. */
export function recordExtensions({ sha1, tigerRoot, large, binary }: RecordFacts): Uint8Array {
  const ggep: [string, Uint8Array][] = [];
  const text = sha1 !== undefined && !binary ? utf8Encode(sha1Urn(sha1)) : new Uint8Array(0);
  if (sha1 !== undefined && binary) {
    const hash = tigerRoot === undefined ? [Uint8Array.of(1), sha1] : [Uint8Array.of(2), sha1, tigerRoot];
    ggep.push(["H", concatBytes(hash)]);
  } else if (tigerRoot !== undefined) ggep.push(["TT", tigerRoot]);
  if (large !== undefined) ggep.push(["LF", varintLe(large)]);
  const block = encodeGgep(ggep, true);
  return text.length > 0 && block.length > 0
    ? concatBytes([text, Uint8Array.of(SEPARATOR), block])
    : concatBytes([text, block]);
}

/** Little endian without its high zero bytes, as GGEP writes large sizes. */
function varintLe(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  return Uint8Array.from(bytes);
}

/** The size that a record's extensions tell (GGEP LF), or undefined. */
export function largeSize(extensions: Extensions): number | undefined {
  const bytes = extensions.ggep.get("LF");
  if (bytes === undefined || bytes.length === 0 || bytes.length > 8) return undefined;
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return Number.isSafeInteger(value) ? value : undefined;
}
