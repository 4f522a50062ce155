import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hexEncode, latin1Encode } from "./bytes.ts";
import { sha1 } from "./sha1.ts";

const ofText = (text: string): string => hexEncode(sha1(latin1Encode(text)));

describe("SHA-1", () => {
  test("gives the published hashes (FIPS 180, RFC 3174 §7.3)", () => {
    expect(ofText("")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    expect(ofText("abc")).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
    expect(ofText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    );
    expect(ofText("a".repeat(1_000_000))).toBe("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    expect(ofText("0123456701234567012345670123456701234567012345670123456701234567".repeat(10))).toBe(
      "dea356a2cddd90c7a7ecedc5ebb563934f460452",
    );
  });

  test("agrees with another implementation at every length around the ends of blocks", () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = new Uint8Array(randomBytes(length));
      expect(hexEncode(sha1(bytes))).toBe(createHash("sha1").update(bytes).digest("hex"));
    }
  });

  test("leaves its input as it was, and reads it from the middle of a larger array", () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
    const part = bytes.subarray(7, 106);
    const before = hexEncode(bytes);

    const hash = hexEncode(sha1(part));

    expect(hash).toBe(createHash("sha1").update(part).digest("hex"));
    expect(hexEncode(bytes)).toBe(before);
  });
});
