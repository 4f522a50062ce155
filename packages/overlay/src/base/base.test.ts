import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base32Decode, base32Encode } from "./base32.ts";
import {
  ByteReader,
  ByteWriter,
  hexDecode,
  hexEncode,
  latin1Decode,
  latin1Encode,
  utf8Decode,
  utf8Encode,
  utf8Length,
} from "./bytes.ts";
import { endpointOf, formatEndpoint, hostOf, ipv4Of, parseEndpoint, parseIpv4, portOf } from "./ipv4.ts";
import { RecentRoutes } from "./recent-routes.ts";

describe("base32", () => {
  test("knows the empty file's SHA-1", () => {
    const sha1 = hexDecode("da39a3ee5e6b4b0d3255bfef95601890afd80709") as Uint8Array;
    expect(base32Encode(sha1)).toBe("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
  });

  test("comes back, in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = base32Encode(bytes);
        expect(base32Decode(text)).toEqual(bytes);
        expect(base32Decode(text.toLowerCase())).toEqual(bytes);
      }),
    );
  });

  test("refuses foreign characters, impossible lengths and stray bits", () => {
    for (const text of ["A", "AAA", "A1", "AB", "ÄÄ", "AA=", "77"]) expect(base32Decode(text)).toBeUndefined();
  });
});

describe("bytes", () => {
  test("text comes back from UTF-8, hex and Latin-1", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = utf8Encode(text);
        expect(utf8Length(text)).toBe(bytes.length);
        expect(utf8Decode(bytes)).toBe(text.toWellFormed());
        expect(hexDecode(hexEncode(bytes))).toEqual(bytes);
        expect(latin1Encode(latin1Decode(bytes))).toEqual(bytes);
      }),
    );
    expect(utf8Length("\ud800x")).toBe(utf8Encode("\ud800x").length);
    expect(utf8Decode(Uint8Array.of(0xff))).toBeUndefined();
  });

  test("what a writer writes a reader reads", () => {
    const bytes = new ByteWriter(1)
      .u8(1)
      .u16le(0x1234)
      .u16be(0x1234)
      .u32le(0xfedcba98)
      .u32be(0xfedcba98)
      .utf8("ä")
      .u8(0)
      .done();
    const reader = new ByteReader(bytes);
    expect([reader.u8(), reader.u16le(), reader.u16be(), reader.u32le(), reader.u32be()]).toEqual([
      1, 0x1234, 0x1234, 0xfedcba98, 0xfedcba98,
    ]);
    expect(reader.until(0, 10)).toEqual(utf8Encode("ä"));
    expect([reader.left, reader.problem]).toEqual([0, undefined]);
  });

  test("a reader keeps its first failure and gives nothing after it", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    reader.u16le();
    expect(reader.u32le()).toBe(0);
    expect(reader.u8()).toBe(0);
    expect(reader.problem).toBe("2 bytes wanted, 1 left at byte 2");
    expect(new ByteReader(Uint8Array.of(1, 2, 0)).until(0, 1).length).toBe(0);
  });
});

describe("endpoints", () => {
  test("are counted under their host, whatever the port; in the lab each is a host of its own", () => {
    const ip = parseIpv4("127.0.0.5") as number;
    expect(new Set([1, 2, 65_535].map((port) => hostOf(endpointOf(ip, port))))).toEqual(new Set([ip]));
    expect(hostOf(endpointOf(ip + 1, 1))).not.toBe(ip);

    const peers = [0, 1, 65_535, 65_536, 65_537, 999_999];
    expect(peers.map(hostOf)).toEqual(peers);
  });

  test("are one number, exactly", () => {
    const endpoint = endpointOf(parseIpv4("255.254.253.252") as number, 65_535);
    expect(formatEndpoint(endpoint)).toBe("255.254.253.252:65535");
    expect(formatEndpoint(endpointOf(ipv4Of(endpoint), portOf(endpoint)))).toBe("255.254.253.252:65535");
    expect(parseEndpoint("255.254.253.252:65535")).toBe(endpoint);
    expect(parseEndpoint("1.2.3.4", 80)).toBe(endpointOf(0x01020304, 80));
  });

  test("are refused where they are none", () => {
    for (const text of [
      "1.2.3:4",
      "1.2.3.256:4",
      "1.2.3.4:0",
      "1.2.3.4:65536",
      "1.2.3.4:",
      "a.b.c.d:1",
      "1.2.3.4",
      "[::1]:5",
    ]) {
      expect(parseEndpoint(text)).toBeUndefined();
    }
  });
});

describe("recent routes", () => {
  test("an id is known for at least one period and forgotten after two", () => {
    const routes = new RecentRoutes({ generationMax: 100, periodMs: 1000 });
    expect(routes.add("a", 7, 0)).toBe(true);
    expect(routes.add("a", 8, 999)).toBe(false);
    expect(routes.route("a", 1500)).toBe(7);
    expect(routes.route("a", 2600)).toBeUndefined();
    expect(routes.route("a", 10_000)).toBeUndefined();
  });

  test("the table never holds more than two generations, and the youngest stay", () => {
    const routes = new RecentRoutes({ generationMax: 100, periodMs: 1_000_000 });
    for (let i = 0; i < 10_000; i++) {
      routes.add(String(i), i, i);
      expect(routes.size).toBeLessThanOrEqual(201);
    }
    expect(routes.route("9999", 10_000)).toBe(9999);
  });

  test("a renewed id takes the new route", () => {
    const routes = new RecentRoutes({ generationMax: 100, periodMs: 1000 });
    routes.add("a", 1, 0);
    routes.renew("a", 2, 1200);
    expect(routes.route("a", 2100)).toBe(2);
  });
});
