// DIME, the record format in which hash trees travel: a chain of records, each with options, id, type and data, all
// padded to four bytes.
import { ByteReader, ByteWriter, latin1Decode, latin1Encode } from "@servent/overlay/base/bytes.ts";
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";

/** How `type` is to be read: 1 a media type, 2 a URI. Others are kept as they are. */
export interface DimeRecord {
  readonly typeFormat: number;
  readonly type: string;
  readonly id: string;
  readonly data: Uint8Array;
}

/** A hash tree takes two records; a few more do no harm. */
const RECORDS_MAX = 8;
const VERSION = 1;
const BEGIN = 4;
const END = 2;
const CHUNKED = 1;

export function encodeDime(records: readonly DimeRecord[]): Uint8Array {
  const writer = new ByteWriter(256 + records.reduce((sum, record) => sum + record.data.length, 0));
  records.forEach((record, i) => {
    const flags = (i === 0 ? BEGIN : 0) | (i === records.length - 1 ? END : 0);
    const id = latin1Encode(record.id);
    const type = latin1Encode(record.type);
    writer.u8((VERSION << 3) | flags).u8(record.typeFormat << 4);
    writer.u16be(0).u16be(id.length).u16be(type.length).u32be(record.data.length);
    for (const part of [id, type, record.data]) writer.bytes(part).bytes(new Uint8Array(padding(part.length)));
  });
  return writer.done();
}

export function decodeDime(bytes: Uint8Array): Decoded<readonly DimeRecord[]> {
  const reader = new ByteReader(bytes);
  const records: DimeRecord[] = [];
  for (;;) {
    const flags = reader.u8();
    const typeFormat = reader.u8() >> 4;
    const optionsLength = reader.u16be();
    const idLength = reader.u16be();
    const typeLength = reader.u16be();
    const dataLength = reader.u32be();
    if (reader.problem === undefined) {
      if (flags >> 3 !== VERSION) reader.fail(`version ${flags >> 3}`);
      if ((flags & CHUNKED) !== 0) reader.fail("a record in chunks");
      if (((flags & BEGIN) !== 0) !== (records.length === 0)) reader.fail("a misplaced first record");
    }
    padded(reader, optionsLength);
    const id = latin1Decode(padded(reader, idLength));
    const type = latin1Decode(padded(reader, typeLength));
    const data = padded(reader, dataLength);
    if (reader.problem !== undefined) return malformed("DIME", reader.problem);
    records.push({ typeFormat, type, id, data });
    if ((flags & END) !== 0) return decoded(records);
    if (records.length === RECORDS_MAX) return malformed("DIME", "too many records");
  }
}

function padded(reader: ByteReader, length: number): Uint8Array {
  const bytes = reader.bytes(length);
  // The padding of the last record is sometimes left out.
  reader.bytes(Math.min(padding(length), reader.left));
  return bytes;
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}
