import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexDecode } from "../../base/bytes.ts";
import { BigIntSpace, type IdSpace, NumberSpace } from "./id-space.ts";

const bytes = (hex: string): Uint8Array => hexDecode(hex) as Uint8Array;

/** The circle in plain bigints: what both spaces must agree with. */
function circle(bits: number) {
  const size = 1n << BigInt(bits);
  const around = (place: bigint): bigint => ((place % size) + size) % size;
  return {
    size,
    distance: (from: bigint, to: bigint): bigint => around(to - from),
    ahead: (id: bigint, exponent: number): bigint => around(id + (1n << BigInt(exponent))),
    log2: (distance: bigint): number => distance.toString(2).length - 1,
  };
}

/** Places all over the circle, and more of them where carries and borrows happen. */
function places(bits: number): fc.Arbitrary<bigint> {
  const { size } = circle(bits);
  const nearPower = fc
    .tuple(fc.nat(bits), fc.bigInt(-2n, 2n))
    .map(([exponent, offset]) => ((((1n << BigInt(exponent)) + offset) % size) + size) % size);
  return fc.oneof(fc.bigInt(0n, size - 1n), nearPower);
}

function agrees<Id extends number | bigint>(space: IdSpace<Id>, idOf: (place: bigint) => Id): void {
  const plain = circle(space.bits);
  const place = places(space.bits);

  fc.assert(
    fc.property(place, place, fc.nat(space.bits - 1), (a, b, exponent) => {
      const [x, y] = [idOf(a), idOf(b)];
      const distance = plain.distance(a, b);
      expect(space.distance(x, y)).toBe(idOf(distance));
      expect(space.ahead(x, exponent)).toBe(idOf(plain.ahead(a, exponent)));
      expect(space.isLess(x, y)).toBe(a < b);
      expect(space.isEqual(x, y)).toBe(a === b);
      expect(space.isEqual(x, idOf(a))).toBe(true);
      if (distance > 0n) expect(space.log2(space.distance(x, y))).toBe(plain.log2(distance));

      const written = new Uint8Array(space.bytes + 5).fill(0xee);
      space.write(x, written, 3);
      const hex = a.toString(16).padStart(2 * space.bytes, "0");
      expect(written).toEqual(bytes(`eeeeee${hex}eeee`));
      expect(space.read(written, 3)).toBe(x);
    }),
    { numRuns: 2000 },
  );

  for (let exponent = 0; exponent < space.bits; exponent++) {
    expect(space.log2(idOf(1n << BigInt(exponent)))).toBe(exponent);
    expect(space.log2(idOf((2n << BigInt(exponent)) - 1n))).toBe(exponent);
    expect(space.ahead(space.zero, exponent)).toBe(idOf(1n << BigInt(exponent)));
  }
}

function takesTheTopOfHashes<Id extends number | bigint>(space: IdSpace<Id>, idOf: (place: bigint) => Id): void {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (hash) => {
      const whole = BigInt(`0x${Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
      expect(space.fromHash(hash)).toBe(idOf(whole >> BigInt(160 - space.bits)));
    }),
    { numRuns: 2000 },
  );
}

describe.each([1, 7, 8, 9, 16, 31, 32, 33, 48, 51, 52])("a circle of %i bits in doubles", (bits) => {
  const space = new NumberSpace(bits);

  test("counts as plain bigints do", () => agrees(space, Number));

  test("takes the top bits of a hash, none rounded", () => takesTheTopOfHashes(space, Number));

  test("holds no bytes beyond the circle", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: space.bytes, maxLength: space.bytes }), (written) => {
        const place = BigInt(`0x${Array.from(written, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
        expect(space.read(written, 0)).toBe(place < 1n << BigInt(bits) ? Number(place) : undefined);
      }),
    );
  });
});

describe.each([8, 16, 32, 40, 64, 160])("a circle of %i bits in bigints", (bits) => {
  const space = new BigIntSpace(bits);

  test("counts as plain bigints do", () => agrees(space, (place) => place));

  test("takes the top bits of a hash", () => takesTheTopOfHashes(space, (place) => place));
});

describe("ids", () => {
  test("of 52 bits come from 56 without rounding", () => {
    const hash = bytes("ffffffffffffff");
    expect(new NumberSpace(52).fromHash(hash)).toBe(2 ** 52 - 1);
    expect(new NumberSpace(52).fromHash(bytes("8000000000001f"))).toBe(2 ** 51 + 1);
  });

  test("beyond the circle are not written", () => {
    const into = new Uint8Array(20);
    for (const id of [-1, 2 ** 52, 0.5, Number.NaN]) {
      expect(() => new NumberSpace().write(id, into, 0)).toThrow("a place of its circle");
    }
    for (const id of [-1n, 1n << 160n]) {
      expect(() => new BigIntSpace().write(id, into, 0)).toThrow("a place of its circle");
    }
  });

  test("have a width that their type can count in", () => {
    for (const bits of [0, 53, 1.5]) expect(() => new NumberSpace(bits)).toThrow("1 to 52 bits");
    for (const bits of [0, 7, 8.5]) expect(() => new BigIntSpace(bits)).toThrow("whole number of bytes");
  });
});
