import { expect, test } from "vitest";
import { NO_MD5, type SharedFile } from "./shared-file.ts";
import { withUrnInMd5, withUrnOfMd5 } from "./urn-in-md5.ts";

const URN = "urn:sha1:6N2SQZII5PHGTL2TLKZX3GG3PXRYL2KZ";
const MD5 = "631072b944eb6196797ab6a534b1ab97";
const file: SharedFile = {
  path: "m\\a.txt",
  md5: NO_MD5,
  size: 1,
  bitrate: 8,
  frequency: 16_000,
  seconds: 0,
  media: "text",
  urn: URN,
};

test("a hash finds its way to another of our clients through a server that knows none", () => {
  const told = withUrnInMd5(file);
  expect(told).toMatchObject({ md5: "6n2sqzii5phgtl2tlkzx3gg3pxryl2kz", urn: "" });
  expect(withUrnOfMd5(told)).toEqual(file);
});

test("an MD5 stays one on the way there and back", () => {
  const music = { ...file, md5: MD5 };
  expect(withUrnInMd5(music)).toMatchObject({ md5: MD5, urn: "" });
  for (const md5 of [MD5, NO_MD5, "a".repeat(32), "nomd5computed", ""]) {
    expect(withUrnOfMd5({ ...file, md5, urn: "" })).toEqual({ ...file, md5, urn: "" });
  }
});
