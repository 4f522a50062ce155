// The inner loops of Tiger as a WebAssembly module, written here in a small assembler and built when first used.
// Tiger waits for its table look-ups, so two independent messages are hashed in turns: while one waits, the other
// computes. 64-bit words are native in WebAssembly and would be pairs of numbers in JavaScript (8 times slower).
//
// This file knows compressions only. Tree and padding of whole messages are in tiger.ts.

/** The four tables of 256 words; the first page of memory begins with them. */
export const TABLES_BYTES = 4 * 256 * 8;
/** Bytes of a leaf of the Tiger tree. */
export const LEAF_BYTES = 1024;
export const HASH_BYTES = 24;
/** Messages hashed in turns. One alone reached two thirds of the speed, three no more than two: registers run out. */
export const LANES = 2;

export interface TigerCode {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Hashes `count` full leaves at `from` to `to`, in steps of LANES: up to LANES - 1 more are read and written. */
  leaves(from: number, to: number, count: number): void;
  /** Hashes `count` pairs of nodes at `from` to `to`, likewise. `to` may be `from`: a parent never passes its pair. */
  parents(from: number, to: number, count: number): void;
  /** Compresses `count` (at least 1) blocks of 64 bytes at `from` into the state at `state`. */
  absorb(state: number, from: number, count: number): void;
}

/** What is used of the standard global, which the compiler knows only together with a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: TigerCode };
};

/** A module with `pages` (64 KiB each) of memory; its tables are still zero. */
export function buildTigerCode(pages: number): TigerCode {
  return new WebAssembly.Instance(new WebAssembly.Module(assemble(pages))).exports;
}

// ---------------------------------------------------------------------------------------------------------------------
// Tiger in instructions

/** The locals of one message: state, state before the block, the eight words of the block. */
interface Lane {
  readonly state: readonly [number, number, number];
  readonly saved: readonly [number, number, number];
  readonly words: readonly number[];
}

const MULTIPLIERS = [5, 7, 9];
const STATE = [0x0123456789abcdefn, 0xfedcba9876543210n, 0xf096a5b4c3b2e187n] as const;

/** The three passes over the lanes' words, from `saved` to `state`. */
function compress(code: Code, lanes: readonly Lane[]): void {
  for (const lane of lanes) for (let i = 0; i < 3; i++) code.get(lane.saved[i]!).set(lane.state[i]!);
  for (let pass = 0; pass < 3; pass++) {
    if (pass > 0) for (const lane of lanes) keySchedule(code, lane.words);
    for (let step = 0; step < 8; step++) {
      for (const lane of lanes) {
        // The registers change roles each round and each pass; renaming them costs nothing.
        const turn = step - pass + 3;
        const [a, b, c] = [0, 1, 2].map((i) => lane.state[(turn + i) % 3]!) as [number, number, number];
        round(code, a, b, c, lane.words[step]!, MULTIPLIERS[pass]!);
      }
    }
  }
  for (const lane of lanes) {
    // Three passes of 8 rounds and 3 renamings end where they began, so state[i] belongs to saved[i].
    const [a, b, c] = lane.state;
    code.get(a).get(lane.saved[0]).op(I64_XOR).set(a);
    code.get(b).get(lane.saved[1]).op(I64_SUB).set(b);
    code.get(c).get(lane.saved[2]).op(I64_ADD).set(c);
  }
}

function round(code: Code, a: number, b: number, c: number, word: number, multiplier: number): void {
  code.get(c).get(word).op(I64_XOR).set(c);
  code.get(a);
  lookUps(code, c, [0, 2, 4, 6], [0, 1, 2, 3]);
  code.op(I64_SUB).set(a);
  code.get(b);
  lookUps(code, c, [1, 3, 5, 7], [3, 2, 1, 0]);
  code.op(I64_ADD).i64(multiplier).op(I64_MUL).set(b);
}

/** The exclusive or of one word from each table, chosen by the bytes of `local`. */
function lookUps(code: Code, local: number, bytes: readonly number[], tables: readonly number[]): void {
  for (let i = 0; i < 4; i++) {
    // A word is 8 bytes: shift three less than the byte's place, and mask it in place. Masking the 64 bits rather than
    // the wrapped 32 tells the compiler that the address has no upper half (up to a tenth faster).
    const shift = bytes[i]! * 8 - 3;
    code
      .get(local)
      .i64(Math.abs(shift))
      .op(shift < 0 ? I64_SHL : I64_SHR_U);
    code
      .i64(0x7f8)
      .op(I64_AND)
      .op(I32_WRAP)
      .load64(tables[i]! * 2048);
    if (i > 0) code.op(I64_XOR);
  }
}

function keySchedule(code: Code, x: readonly number[]): void {
  const mix = (to: number, op: number, from: number): void => {
    code.get(x[to]!).get(x[from]!).op(op).set(x[to]!);
  };
  /** x[to] -= x[from] ^ (~x[shifted] shifted by `by`) */
  const subtract = (to: number, from: number, shifted: number, shift: number, by: number): void => {
    code.get(x[to]!).get(x[from]!).get(x[shifted]!).i64(-1).op(I64_XOR).i64(by).op(shift);
    code.op(I64_XOR).op(I64_SUB).set(x[to]!);
  };
  const subtractConstant = (to: number, from: number, constant: bigint): void => {
    code.get(x[to]!).get(x[from]!).i64(constant).op(I64_XOR).op(I64_SUB).set(x[to]!);
  };
  subtractConstant(0, 7, 0xa5a5a5a5a5a5a5a5n);
  mix(1, I64_XOR, 0);
  mix(2, I64_ADD, 1);
  subtract(3, 2, 1, I64_SHL, 19);
  mix(4, I64_XOR, 3);
  mix(5, I64_ADD, 4);
  subtract(6, 5, 4, I64_SHR_U, 23);
  mix(7, I64_XOR, 6);
  mix(0, I64_ADD, 7);
  subtract(1, 0, 7, I64_SHL, 19);
  mix(2, I64_XOR, 1);
  mix(3, I64_ADD, 2);
  subtract(4, 3, 2, I64_SHR_U, 23);
  mix(5, I64_XOR, 4);
  mix(6, I64_ADD, 5);
  subtractConstant(7, 6, 0x0123456789abcdefn);
}

/** Locals `first`, `first + 1`, … for each lane. */
function makeLanes(count: number, first: number): Lane[] {
  return Array.from({ length: count }, (_, lane) => {
    const at = first + lane * 14;
    return {
      state: [at, at + 1, at + 2],
      saved: [at + 3, at + 4, at + 5],
      words: Array.from({ length: 8 }, (_, i) => at + 6 + i),
    };
  });
}

const FROM = 0;
const TO = 1;
const COUNT = 2;

/** A leaf is hashed as 0x00 and its 1024 bytes: 16 blocks that begin one byte early, and one of a last byte and padding. */
function leavesFunction(): WasmFunction {
  const block = 3;
  const lanes = makeLanes(LANES, 4);
  const code = new Code();
  code.loop(() => {
    for (const lane of lanes) for (let i = 0; i < 3; i++) code.i64(STATE[i]!).set(lane.saved[i]!);
    code.i32(0).set(block);
    code.loop(() => {
      lanes.forEach((lane, n) => {
        lane.words.forEach((word, i) =>
          code
            .get(FROM)
            .load64(n * LEAF_BYTES + 8 * i)
            .set(word),
        );
      });
      code.get(block).op(I32_EQZ);
      code.if(() => {
        for (const lane of lanes) code.get(lane.words[0]!).i64(8).op(I64_SHL).set(lane.words[0]!);
        // The byte before the first block is the prefix, so from here on blocks begin one byte earlier.
        code.get(FROM).i32(1).op(I32_SUB).set(FROM);
        lanes.forEach((lane, n) => {
          lane.words.slice(1).forEach((word, i) =>
            code
              .get(FROM)
              .load64(n * LEAF_BYTES + 8 * i + 8)
              .set(word),
          );
        });
      });
      code.get(block).i32(16).op(I32_EQ);
      code.if(() => {
        for (const lane of lanes) {
          code.get(lane.words[0]!).i64(0xff).op(I64_AND).i64(0x100).op(I64_OR).set(lane.words[0]!);
          for (const word of lane.words.slice(1, 7)) code.i64(0).set(word);
          code.i64((LEAF_BYTES + 1) * 8).set(lane.words[7]!);
        }
      });
      compress(code, lanes);
      for (const lane of lanes) for (let i = 0; i < 3; i++) code.get(lane.state[i]!).set(lane.saved[i]!);
      code.get(FROM).i32(64).op(I32_ADD).set(FROM);
      code.get(block).i32(1).op(I32_ADD).tee(block);
      code.i32(17).op(I32_LT_U);
    });
    // 17 blocks and the byte gone back ahead of the leaf's end: 17 * 64 - 1 - 1024.
    code
      .get(FROM)
      .i32(LANES * LEAF_BYTES - 1087)
      .op(I32_ADD)
      .set(FROM);
    storeLanes(code, lanes);
    nextLanes(code);
  });
  return { params: 3, i32Locals: 1, i64Locals: LANES * 14, code };
}

/** A parent is hashed as 0x01 and its two nodes: 49 bytes, one block. */
function parentsFunction(): WasmFunction {
  const lanes = makeLanes(LANES, 3);
  const code = new Code();
  code.loop(() => {
    for (const lane of lanes) for (let i = 0; i < 3; i++) code.i64(STATE[i]!).set(lane.saved[i]!);
    lanes.forEach((lane, n) => {
      const at = n * 2 * HASH_BYTES;
      code.get(FROM).load64(at).i64(8).op(I64_SHL).i64(1).op(I64_OR).set(lane.words[0]!);
      for (let i = 1; i < 6; i++)
        code
          .get(FROM)
          .load64(at + 8 * i - 1)
          .set(lane.words[i]!);
      code
        .get(FROM)
        .load8(at + 47)
        .i64(0x100)
        .op(I64_OR)
        .set(lane.words[6]!);
      code.i64(49 * 8).set(lane.words[7]!);
    });
    compress(code, lanes);
    code
      .get(FROM)
      .i32(LANES * 2 * HASH_BYTES)
      .op(I32_ADD)
      .set(FROM);
    storeLanes(code, lanes);
    nextLanes(code);
  });
  return { params: 3, i32Locals: 0, i64Locals: LANES * 14, code };
}

function storeLanes(code: Code, lanes: readonly Lane[]): void {
  lanes.forEach((lane, n) => {
    for (let i = 0; i < 3; i++)
      code
        .get(TO)
        .get(lane.state[i]!)
        .store64(n * HASH_BYTES + 8 * i);
  });
}

/** Moves on by LANES messages; leaves on the stack whether any are left. */
function nextLanes(code: Code): void {
  code
    .get(TO)
    .i32(LANES * HASH_BYTES)
    .op(I32_ADD)
    .set(TO);
  code.get(COUNT).i32(LANES).op(I32_SUB).tee(COUNT);
  code.i32(0).op(I32_GT_S);
}

function absorbFunction(): WasmFunction {
  const [state, from, count] = [0, 1, 2];
  const [lane] = makeLanes(1, 3) as [Lane];
  const code = new Code();
  for (let i = 0; i < 3; i++)
    code
      .get(state)
      .load64(8 * i)
      .set(lane.saved[i]!);
  code.loop(() => {
    lane.words.forEach((word, i) =>
      code
        .get(from)
        .load64(8 * i)
        .set(word),
    );
    compress(code, [lane]);
    for (let i = 0; i < 3; i++) code.get(lane.state[i]!).set(lane.saved[i]!);
    code.get(from).i32(64).op(I32_ADD).set(from);
    code.get(count).i32(1).op(I32_SUB).tee(count);
  });
  for (let i = 0; i < 3; i++)
    code
      .get(state)
      .get(lane.saved[i]!)
      .store64(8 * i);
  return { params: 3, i32Locals: 0, i64Locals: 14, code };
}

// ---------------------------------------------------------------------------------------------------------------------
// The assembler: WebAssembly core specification, section 5 (binary format)

interface WasmFunction {
  /** All of them i32. */
  readonly params: number;
  readonly i32Locals: number;
  readonly i64Locals: number;
  readonly code: Code;
}

const I32 = 0x7f;
const I64 = 0x7e;
const NO_RESULT = 0x40;

const I32_EQZ = 0x45;
const I32_EQ = 0x46;
const I32_LT_U = 0x49;
const I32_GT_S = 0x4a;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I64_ADD = 0x7c;
const I64_SUB = 0x7d;
const I64_MUL = 0x7e;
const I64_AND = 0x83;
const I64_OR = 0x84;
const I64_XOR = 0x85;
const I64_SHL = 0x86;
const I64_SHR_U = 0x88;
const I32_WRAP = 0xa7;

/** Instructions of one function, in order; each call adds one. */
class Code {
  readonly bytes: number[] = [];

  op(opcode: number): this {
    this.bytes.push(opcode);
    return this;
  }

  get(local: number): this {
    this.bytes.push(0x20, ...unsigned(local));
    return this;
  }

  set(local: number): this {
    this.bytes.push(0x21, ...unsigned(local));
    return this;
  }

  tee(local: number): this {
    this.bytes.push(0x22, ...unsigned(local));
    return this;
  }

  i32(value: number): this {
    this.bytes.push(0x41, ...signed(BigInt(value)));
    return this;
  }

  i64(value: number | bigint): this {
    this.bytes.push(0x42, ...signed(BigInt.asIntN(64, BigInt(value))));
    return this;
  }

  /** Loads need no alignment: the hint 0 says so. */
  load64(offset: number): this {
    this.bytes.push(0x29, 0, ...unsigned(offset));
    return this;
  }

  /** One byte, as 64 bits without sign. */
  load8(offset: number): this {
    this.bytes.push(0x31, 0, ...unsigned(offset));
    return this;
  }

  store64(offset: number): this {
    this.bytes.push(0x37, 0, ...unsigned(offset));
    return this;
  }

  /** Repeats while the body leaves a number other than 0. */
  loop(body: () => void): this {
    this.bytes.push(0x03, NO_RESULT);
    body();
    this.bytes.push(0x0d, 0, 0x0b);
    return this;
  }

  if(body: () => void): this {
    this.bytes.push(0x04, NO_RESULT);
    body();
    this.bytes.push(0x0b);
    return this;
  }
}

/** `\0asm`, version 1. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function assemble(pages: number): Uint8Array {
  const functions = [
    { name: "leaves", ...leavesFunction() },
    { name: "parents", ...parentsFunction() },
    { name: "absorb", ...absorbFunction() },
  ];
  const types = functions.map((one) => [0x60, ...vector(Array.from({ length: one.params }, () => [I32])), 0]);
  const bodies = functions.map(({ i32Locals, i64Locals, code }) => {
    const locals = vector([
      [...unsigned(i32Locals), I32],
      [...unsigned(i64Locals), I64],
    ]);
    return [...unsigned(locals.length + code.bytes.length + 1), ...locals, ...code.bytes, 0x0b];
  });
  const exports = functions.map((one, index) => [...name(one.name), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...HEADER,
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x01, ...unsigned(pages), ...unsigned(pages)]])),
    ...section(7, vector([[...name("memory"), 0x02, 0], ...exports])),
    ...section(10, vector(bodies)),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  return [...unsigned(text.length), ...Array.from(text, (letter) => letter.charCodeAt(0))];
}

/** LEB128: seven bits at a time, low first. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const seven = Number(rest & 0x7fn);
    if (rest >= -64n && rest < 64n) return [...bytes, seven];
    bytes.push(seven | 0x80);
  }
}
