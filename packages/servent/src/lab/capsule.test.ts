import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { capsuleOf, documentHash, readCapsule } from "./capsule.ts";
import { SMALL_WORLD } from "./testing/small-world.ts";

function capsule(document: Readonly<Record<string, unknown>>, files: Readonly<Record<string, string>> = {}): string {
  return capsuleOf({ document, files, build: "0.1.0+abc", scenario: { seeds: ["7"] }, judgement: { digest: "00ff" } });
}

test("a small scenario travels in its capsule, without what only judges it", () => {
  const read = readCapsule(capsule(SMALL_WORLD));

  const core = Object.fromEntries(Object.entries(SMALL_WORLD).filter(([key]) => key !== "expect"));
  expect(read).toMatchObject({ build: "0.1.0+abc", digest: "00ff" });
  expect(read.document).toEqual(core);
  expect(capsule(SMALL_WORLD)).toMatch(/^servent:run\/1\?scenario=[\w-]+&seed=7&build=0\.1\.0%2Babc&hash=00ff$/);
});

test("of a large scenario, or one with files, it holds the hash", () => {
  const words = Array.from({ length: 2000 }, (_, i) => (i * 7919).toString(36)).join(" ");
  for (const text of [capsule({ ...SMALL_WORLD, words }), capsule(SMALL_WORLD, { "matrix.txt": "1 2" })]) {
    expect(text.length).toBeLessThan(300);
    expect(readCapsule(text).document).toBeUndefined();
  }
  expect(readCapsule(capsule(SMALL_WORLD, { a: "b" })).documentHash).toBe(documentHash(SMALL_WORLD, { a: "b" }));
});

test("the hash is of what runs, not of what is said about it", () => {
  expect(documentHash({ ...SMALL_WORLD, text: "more", expect: [] }, {})).toBe(documentHash(SMALL_WORLD, {}));
  expect(documentHash({ ...SMALL_WORLD, seed: 8 }, {})).not.toBe(documentHash(SMALL_WORLD, {}));
});

test.each([
  ["servent:run/2?scenario=a&build=b&hash=c", "begin like one"],
  ["servent:run/1?scenario=a&build=b", "a part is missing"],
  ["servent:run/1?scenario=!!&build=b&hash=c", "cannot be unpacked"],
  [`servent:run/1?scenario=${deflateRawSync("[1]").toString("base64url")}&build=b&hash=c`, "its scenario is none"],
  [
    `servent:run/1?scenario=${deflateRawSync(`{${" ".repeat(5e6)}}`).toString("base64url")}&build=b&hash=c`,
    "cannot be unpacked",
  ],
])("%.60s is refused", (text, why) => {
  expect(() => readCapsule(text)).toThrow(why);
});

test("nothing that is pasted breaks it", () => {
  fc.assert(
    fc.property(fc.string(), (junk) => {
      try {
        readCapsule(`servent:run/1?${junk}`);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_value" });
      }
    }),
  );
});
