// GGEP blocks: a 0xC3 byte, then extensions of flags, id, length and data. COBS keeps NUL out where it would end a record.
import { latin1Decode } from "../../base/bytes.ts";
import type { Zlib } from "./zlib.ts";

export const GGEP_MAGIC = 0xc3;

const LAST = 0x80;
const COBS = 0x40;
const DEFLATE = 0x20;
const RESERVED = 0x10;
/** What the extensions of one block may grow to when inflated, together. */
const INFLATED_MAX = 65_536;
/** Extensions read from one block; the largest seen in the wild has about a dozen. */
const EXTENSIONS_MAX = 64;

export interface GgepBlock {
  readonly extensions: ReadonlyMap<string, Uint8Array>;
  /** Bytes of the block, the magic included. */
  readonly used: number;
}

/** The block at the start of `bytes`; undefined where it is malformed. Of a repeated id the first counts. */
export function decodeGgep(bytes: Uint8Array, zlib?: Zlib): GgepBlock | undefined {
  if (bytes[0] !== GGEP_MAGIC) return undefined;
  const extensions = new Map<string, Uint8Array>();
  let at = 1;
  let inflatable = INFLATED_MAX;
  for (let count = 0; count < EXTENSIONS_MAX; count++) {
    const flags = bytes[at++];
    if (flags === undefined || (flags & RESERVED) !== 0) return undefined;
    const idLength = flags & 0x0f;
    if (idLength === 0 || at + idLength > bytes.length) return undefined;
    const idBytes = bytes.subarray(at, at + idLength);
    if (idBytes.includes(0)) return undefined;
    at += idLength;

    let length = 0;
    let lengthEnds = false;
    for (let i = 0; i < 3 && !lengthEnds; i++) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      const more = (byte & 0x80) !== 0;
      lengthEnds = (byte & 0x40) !== 0;
      if (more === lengthEnds) return undefined;
      length = length * 64 + (byte & 0x3f);
    }
    if (!lengthEnds || at + length > bytes.length) return undefined;
    let data: Uint8Array | undefined = bytes.slice(at, at + length);
    at += length;

    if ((flags & COBS) !== 0) data = cobsDecode(data);
    if (data === undefined) return undefined;
    const id = latin1Decode(idBytes);
    if ((flags & DEFLATE) !== 0) {
      data = inflatable > 0 ? zlib?.inflate(data, inflatable) : undefined;
      inflatable -= data?.length ?? 0;
      // Without a way to inflate it, the extension is as good as absent; a broken stream spoils the block.
      if (data === undefined && zlib !== undefined) return undefined;
    }
    if (data !== undefined && !extensions.has(id)) extensions.set(id, data);
    if ((flags & LAST) !== 0) return { extensions, used: at };
  }
  return undefined;
}

/** A block of the given extensions, in order; nothing where there are none. `nulFree`: COBS where data has a NUL. */
export function encodeGgep(
  extensions: readonly (readonly [id: string, data: Uint8Array])[],
  nulFree: boolean,
): Uint8Array {
  if (extensions.length === 0) return new Uint8Array(0);
  const bytes: number[] = [GGEP_MAGIC];
  extensions.forEach(([id, plain], i) => {
    const cobs = nulFree && plain.includes(0);
    const data = cobs ? cobsEncode(plain) : plain;
    bytes.push((i === extensions.length - 1 ? LAST : 0) | (cobs ? COBS : 0) | id.length);
    for (let c = 0; c < id.length; c++) bytes.push(id.charCodeAt(c));
    const length = data.length;
    if (length > 4095) bytes.push(0x80 | (length >> 12));
    if (length > 63) bytes.push(0x80 | ((length >> 6) & 0x3f));
    bytes.push(0x40 | (length & 0x3f));
    for (const byte of data) bytes.push(byte);
  });
  return Uint8Array.from(bytes);
}

export function cobsEncode(plain: Uint8Array): Uint8Array {
  const out: number[] = [];
  let group: number[] = [];
  for (const byte of plain) {
    if (byte !== 0) group.push(byte);
    if (byte === 0 || group.length === 254) {
      out.push(group.length + 1, ...group);
      group = [];
    }
  }
  out.push(group.length + 1, ...group);
  return Uint8Array.from(out);
}

/** Undefined where a code byte is zero or points past the end. */
export function cobsDecode(coded: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(coded.length);
  let length = 0;
  let at = 0;
  while (at < coded.length) {
    const code = coded[at++] as number;
    if (code === 0 || at + code - 1 > coded.length) return undefined;
    out.set(coded.subarray(at, at + code - 1), length);
    at += code - 1;
    length += code - 1;
    if (code !== 0xff && at < coded.length) out[length++] = 0;
  }
  return out.slice(0, length);
}
