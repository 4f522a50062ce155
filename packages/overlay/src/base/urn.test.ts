import { expect, test } from "vitest";
import { hashesOf, sha1Urn, tigerUrn } from "./urn.ts";

const SHA1 = "urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";
const ROOT = "LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ";

test("all forms of a name lead to the same bytes, in any case", () => {
  const { sha1 } = hashesOf([SHA1.toLowerCase()]);
  const bitprint = hashesOf([`urn:bitprint:${SHA1.slice(9)}.${ROOT}`]);

  expect(sha1Urn(sha1 as Uint8Array)).toBe(SHA1);
  expect(bitprint.sha1).toEqual(sha1);
  for (const form of [`urn:ttroot:${ROOT}`, `URN:TREE:TIGER:${ROOT}`, `urn:tree:tiger/:${ROOT}`])
    expect(tigerUrn(hashesOf([form]).tiger as Uint8Array)).toBe(`urn:ttroot:${ROOT}`);
  expect(hashesOf(["urn:x:y", `urn:ttroot:${ROOT}`, SHA1])).toEqual(bitprint);
});

test("what has the wrong length or foreign letters names nothing", () => {
  for (const wrong of [
    "",
    "urn:sha1:",
    `${SHA1}A`,
    SHA1.slice(0, -1),
    `${SHA1.slice(0, -1)}1`,
    `urn:bitprint:${SHA1.slice(9)}.`,
    `${SHA1}.${ROOT}`,
    "urn:md5:abc",
  ])
    expect(hashesOf([wrong])).toMatchObject({ tiger: undefined });
  expect(hashesOf([`${SHA1.slice(0, -1)}1`]).sha1).toBeUndefined();
  expect(hashesOf([`${SHA1}.${ROOT}`]).sha1).toBeUndefined();
});
