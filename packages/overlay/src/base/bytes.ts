// Reading and writing bytes. A reader latches its first failure, so a decoder reads straight through and checks once.

const utf8Strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Bytes as UTF-8 text, or undefined where they are not. A byte order mark stays in the text. */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return undefined;
  }
}

export function utf8Encode(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/**
 * One character per byte, U+0000 … U+00FF. Sixteen at a time: one by one takes twice as long, and spreading an array ten times.
 * (TextDecoder's latin1 is another code page.)
 */
export function latin1Decode(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  let i = start;
  for (; i + 16 <= end; i += 16) {
    text += String.fromCharCode(
      bytes[i] as number,
      bytes[i + 1] as number,
      bytes[i + 2] as number,
      bytes[i + 3] as number,
      bytes[i + 4] as number,
      bytes[i + 5] as number,
      bytes[i + 6] as number,
      bytes[i + 7] as number,
      bytes[i + 8] as number,
      bytes[i + 9] as number,
      bytes[i + 10] as number,
      bytes[i + 11] as number,
      bytes[i + 12] as number,
      bytes[i + 13] as number,
      bytes[i + 14] as number,
      bytes[i + 15] as number,
    );
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/** The low byte of each character. */
export function latin1Encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Bytes of the text in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexEncode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Undefined where the text is not an even number of hex digits. */
export function hexDecode(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export class ByteReader {
  private readonly source: Uint8Array;
  private at = 0;
  /** The first failure, or undefined while all is well. After it every read gives zero or nothing. */
  problem: string | undefined = undefined;

  constructor(source: Uint8Array) {
    this.source = source;
  }

  get position(): number {
    return this.at;
  }

  get left(): number {
    return this.source.length - this.at;
  }

  fail(problem: string): void {
    this.problem ??= `${problem} at byte ${this.at}`;
    this.at = this.source.length;
  }

  private take(count: number): number {
    if (this.left < count) {
      this.fail(`${count} bytes wanted, ${this.left} left`);
      return -1;
    }
    const from = this.at;
    this.at += count;
    return from;
  }

  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : (this.source[at] as number);
  }

  u16le(): number {
    const at = this.take(2);
    return at < 0 ? 0 : (this.source[at] as number) | ((this.source[at + 1] as number) << 8);
  }

  u16be(): number {
    const at = this.take(2);
    return at < 0 ? 0 : ((this.source[at] as number) << 8) | (this.source[at + 1] as number);
  }

  u32le(): number {
    const low = this.u16le();
    return this.u16le() * 0x10000 + low;
  }

  u32be(): number {
    const high = this.u16be();
    return high * 0x10000 + this.u16be();
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const at = this.take(count);
    return at < 0 ? new Uint8Array(0) : this.source.slice(at, at + count);
  }

  /** A copy of all that is left. */
  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /** A copy of the bytes before the next `end` byte, which is skipped; fails where there is none within `most` bytes. */
  until(end: number, most: number): Uint8Array {
    const found = this.source.indexOf(end, this.at);
    if (found < 0 || found - this.at > most) {
      this.fail(found < 0 ? `no byte ${end} to the end` : `more than ${most} bytes before byte ${end}`);
      return new Uint8Array(0);
    }
    const bytes = this.source.slice(this.at, found);
    this.at = found + 1;
    return bytes;
  }
}

export class ByteWriter {
  private buffer: Uint8Array;
  private length = 0;

  constructor(capacity = 64) {
    this.buffer = new Uint8Array(capacity);
  }

  private grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.buffer.length));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    return at;
  }

  u8(value: number): this {
    const at = this.grow(1);
    this.buffer[at] = value;
    return this;
  }

  u16le(value: number): this {
    return this.u8(value).u8(value >>> 8);
  }

  u16be(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u32le(value: number): this {
    return this.u16le(value & 0xffff).u16le(Math.floor(value / 0x10000));
  }

  u32be(value: number): this {
    return this.u16be(Math.floor(value / 0x10000)).u16be(value & 0xffff);
  }

  bytes(value: Uint8Array): this {
    const at = this.grow(value.length);
    this.buffer.set(value, at);
    return this;
  }

  utf8(text: string): this {
    return this.bytes(utf8Encode(text));
  }

  /** What was written; the writer must not be used afterwards. */
  done(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}
