import type { QueryHit } from "@servent/overlay/protocols/gnutella/messages.ts";
import { expect, test } from "vitest";
import { type GnutellaLocator, hitsOf, locatorOf, pathOf } from "./hit-sources.ts";

function hitNamed(name: string): QueryHit {
  const servent = "00112233445566778899aabbccddeeff";
  return {
    kind: "hit",
    header: { id: servent, ttl: 1, hops: 0 },
    address: 0x7f00_0001_18ca,
    speedKbps: 0,
    records: [{ index: 1, size: 10, name, latin1: false, extensions: new Uint8Array(0) }],
    trailer: new Uint8Array(0),
    servent,
  };
}

test.each([0, 253, 254, 255, 1018, 1019, 1020])(
  "a name is never cut through a character: %i letters in front",
  (count) => {
    const [hit] = hitsOf(hitNamed("a".repeat(count) + "\u{1F600}".repeat(600)), () => true);

    const source = hit?.source;
    expect(source?.name.isWellFormed()).toBe(true);
    expect(source?.name.length).toBeGreaterThanOrEqual(254);
    expect(source?.name.length).toBeLessThanOrEqual(255);
    const locator = source === undefined ? undefined : locatorOf(source);
    expect(locator?.name.isWellFormed()).toBe(true);
    expect(locator?.name.length).toBeGreaterThanOrEqual(1019);
    expect(locator?.name.length).toBeLessThanOrEqual(1020);
  },
);

test("a short name stays as it is", () => {
  const [hit] = hitsOf(hitNamed("gr\u00f6\u00dfe \u{1F600}"), () => true);

  expect(hit?.source.name).toBe("gr\u00f6\u00dfe \u{1F600}");
});

test("a stored name that ends in half a character can still be asked for", () => {
  const locator: GnutellaLocator = { address: 0, servent: "", index: 7, name: "a\ud83d", sha1: "" };

  expect(pathOf(locator)).toBe("/get/7/a%EF%BF%BD");
});
