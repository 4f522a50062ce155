import { createHash, createHmac, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hexEncode, latin1Encode } from "./bytes.ts";
import { hmacSha256, sha256 } from "./sha256.ts";

const ofText = (text: string): string => hexEncode(sha256(latin1Encode(text)));

describe("SHA-256", () => {
  test("gives the published hashes (FIPS 180-2, appendix B)", () => {
    expect(ofText("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(ofText("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(ofText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
    expect(ofText("a".repeat(1_000_000))).toBe("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  });

  test("agrees with another implementation at every length around the ends of blocks", () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = new Uint8Array(randomBytes(length));
      expect(hexEncode(sha256(bytes))).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });
});

describe("HMAC-SHA-256", () => {
  test("gives the published codes (RFC 4231 §4.2, §4.3, §4.7)", () => {
    const of = (key: Uint8Array, text: string): string => hexEncode(hmacSha256(key, latin1Encode(text)));
    expect(of(new Uint8Array(20).fill(0x0b), "Hi There")).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    expect(of(latin1Encode("Jefe"), "what do ya want for nothing?")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    expect(of(new Uint8Array(131).fill(0xaa), "Test Using Larger Than Block-Size Key - Hash Key First")).toBe(
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
  });

  test("agrees with another implementation for keys below, at and above the size of a block", () => {
    for (let length = 0; length <= 130; length++) {
      const key = new Uint8Array(randomBytes(length));
      const text = new Uint8Array(randomBytes(2 * length));
      expect(hexEncode(hmacSha256(key, text))).toBe(createHmac("sha256", key).update(text).digest("hex"));
    }
  });
});
