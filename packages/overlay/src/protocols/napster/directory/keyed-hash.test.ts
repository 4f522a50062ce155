import { expect, test } from "vitest";
import { keyedHash } from "./keyed-hash.ts";

// Linux, lib/tests/siphash_kunit.c, the vectors of HalfSipHash-1-3 for 32-bit machines: vector n hashes the bytes 0 … n-1 under
// the key 00 01 … 07. Ours are those from n = 4 on, since the first four bytes are the salt.
const VECTORS = [
  0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c,
  0x66dd9cd6, 0x16658a7c, 0xd0257b04, 0x8b31d501, 0x2b1cd04b, 0x06712339, 0x522aca67, 0x911bb605, 0x90a65f0e,
];

test("it is HalfSipHash-1-3", () => {
  for (const [i, expected] of VECTORS.entries()) {
    const text = String.fromCharCode(...Array.from({ length: i }, (_, at) => at + 4));
    expect(keyedHash([0x03020100, 0x07060504], 0x03020100, text) >>> 0).toBe(expected);
  }
});

test("another key, another salt and another byte give another hash", () => {
  const hash = keyedHash([1, 2], 3, "blue train");
  expect(keyedHash([1, 3], 3, "blue train")).not.toBe(hash);
  expect(keyedHash([1, 2], 4, "blue train")).not.toBe(hash);
  expect(keyedHash([1, 2], 3, "blue trai\xee")).not.toBe(hash);
});
