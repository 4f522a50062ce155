// What a record says of a file: a CBOR map with small numbers as keys. Unknown keys are passed over, so that later versions
// may say more.
import { CborReader, CborWriter } from "@servent/overlay/base/cbor.ts";
import { SHA1_BYTES } from "@servent/overlay/base/sha1.ts";
import { utf8Length } from "@servent/overlay/base/bytes.ts";
import { LIMITS } from "@servent/overlay/protocols/chord/limits.ts";

export interface FileRecord {
  readonly name: string;
  readonly size: number;
  /** 20 bytes. */
  readonly sha1: Uint8Array;
  /** 24 bytes: the root of the Tiger tree. */
  readonly tigerRoot: Uint8Array | undefined;
  /** The provider believes that nobody can dial it. */
  readonly firewalled: boolean;
}

const NAME = 1;
const SIZE = 2;
const SHA1 = 3;
const TIGER_ROOT = 4;
const FIREWALLED = 5;

const TIGER_BYTES = 24;
/** Entries that a map may have: ours, and some of a later version. */
const ENTRIES_MAX = 16;
/** Everything in a record but the letters of its name, at its largest. */
const OTHER_BYTES = 66;
const NAME_BYTES_MAX = LIMITS.recordBytesMax - OTHER_BYTES;
/** An ending that is longer is none. */
const ENDING = /\.[^.]{1,16}$/u;

export function encodeFileRecord(file: FileRecord): Uint8Array {
  const writer = new CborWriter();
  const keys = [NAME, SIZE, SHA1];
  if (file.tigerRoot !== undefined) keys.push(TIGER_ROOT);
  if (file.firewalled) keys.push(FIREWALLED);
  writer.map(keys, (key) => {
    if (key === NAME) writer.text(recordName(file.name));
    else if (key === SIZE) writer.number(file.size);
    else if (key === SHA1) writer.byteString(file.sha1);
    else if (key === TIGER_ROOT) writer.byteString(file.tigerRoot ?? new Uint8Array(TIGER_BYTES));
    else writer.boolean(true);
  });
  return writer.done();
}

/** Undefined where it is no record of a file: strangers write these. */
export function decodeFileRecord(value: Uint8Array): FileRecord | undefined {
  const reader = new CborReader(value);
  let name = "";
  let size: number | undefined;
  let sha1: Uint8Array | undefined;
  let tigerRoot: Uint8Array | undefined;
  let firewalled = false;
  reader.map(ENTRIES_MAX, (key) => {
    if (key === NAME) name = reader.text(NAME_BYTES_MAX);
    else if (key === SIZE) size = reader.unsigned();
    else if (key === SHA1) sha1 = reader.byteString(SHA1_BYTES, SHA1_BYTES);
    else if (key === TIGER_ROOT) tigerRoot = reader.byteString(TIGER_BYTES, TIGER_BYTES);
    else if (key === FIREWALLED) firewalled = reader.boolean();
    else reader.skip();
  });
  reader.end();
  if (reader.problem !== undefined || name === "" || size === undefined || sha1 === undefined) return undefined;
  return { name, size, sha1, tigerRoot, firewalled };
}

/** The name as a record has it: cut in the middle where it must be, so that both its beginning and its ending stay. */
export function recordName(name: string): string {
  const whole = name.toWellFormed();
  if (utf8Length(whole) <= NAME_BYTES_MAX) return whole;
  const [ending = ""] = ENDING.exec(whole) ?? [];
  const room = NAME_BYTES_MAX - utf8Length(ending) - utf8Length("…");
  let stem = "";
  let bytes = 0;
  for (const letter of whole) {
    bytes += utf8Length(letter);
    if (bytes > room) break;
    stem += letter;
  }
  return `${stem}…${ending}`;
}
