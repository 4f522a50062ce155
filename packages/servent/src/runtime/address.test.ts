import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatEndpoint, formatIpv4, ipv4Of, parseEndpoint, portOf } from "@servent/overlay/base/ipv4.ts";
import { addressFrom, endpointOf, endpointOfText, isEndpoint, isInBlock, isPublic, parseBlock } from "./address.ts";

describe("endpoints", () => {
  test("host and port are split with and without brackets", () => {
    expect(endpointOfText("127.0.0.1:7390")).toEqual({ host: "127.0.0.1", port: 7390 });
    expect(endpointOfText("example.org:80")).toEqual({ host: "example.org", port: 80 });
    expect(endpointOfText("[::1]:0")).toEqual({ host: "::1", port: 0 });
    expect(endpointOf(parseEndpoint("1.2.3.4:6346") as number)).toEqual({ host: "1.2.3.4", port: 6346 });
  });

  test("an endpoint is ip * 65536 + port", () => {
    expect(parseEndpoint("1.2.3.4:6346")).toBe(0x0102_0304 * 65_536 + 6346);
    expect(parseEndpoint("255.255.255.255:65535")).toBe(2 ** 48 - 1);
  });

  test("every endpoint survives text and back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        const address = ip * 65_536 + port;
        expect(parseEndpoint(formatEndpoint(address))).toBe(address);
        expect(addressFrom(formatIpv4(ipv4Of(address)), portOf(address))).toBe(address);
      }),
    );
  });

  test.each([
    "",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:0",
    "1.2.3.4:65536",
    "1.2.3.4:06346",
    "1.2.3.4:6346 ",
    " 1.2.3.4:6346",
    "1.2.3.4:+1",
    "1.2.3.4:1e3",
    "1.2.3:6346",
    "1.2.3.4.5:6346",
    "01.2.3.4:6346",
    "1.2.3.256:6346",
    "1.2.3.-4:6346",
    "0x1.2.3.4:6346",
    "localhost:6346",
    "[::1]:6346",
    "1.2.3.4:6346:7",
    "١.2.3.4:6346",
  ])("%j is no endpoint", (text) => {
    expect(parseEndpoint(text)).toBeUndefined();
  });

  test("a socket's IPv4 address in IPv6 clothes is read, a real IPv6 address is not", () => {
    expect(addressFrom("::ffff:10.0.0.1", 80)).toBe(parseEndpoint("10.0.0.1:80"));
    expect(addressFrom("::1", 80)).toBeUndefined();
    expect(addressFrom("10.0.0.1", 65_536)).toBeUndefined();
  });

  test("a number that no endpoint has is none", () => {
    for (const number of [-1, 0.5, Number.NaN, 2 ** 48, 65_536]) expect(isEndpoint(number)).toBe(false);
  });
});

describe("which addresses are public", () => {
  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "223.255.255.255",
  ])("%s is", (host) => {
    expect(isPublic(addressFrom(host, 6346) ?? 0)).toBe(true);
  });

  test.each([
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
  ])("%s is not", (host) => {
    expect(isPublic(addressFrom(host, 6346) ?? 0)).toBe(false);
  });

  test("nothing without a port is", () => {
    expect(isPublic(addressFrom("1.1.1.1", 0) ?? 0)).toBe(false);
  });
});

describe("blocks", () => {
  test("a block holds its first and last address and not their neighbours", () => {
    const block = parseBlock("127.0.0.64/26");
    if (block === undefined) throw new Error("a block");
    const holds = (host: string) => isInBlock(addressFrom(host, 1) ?? 0, block);
    expect(["127.0.0.63", "127.0.0.64", "127.0.0.127", "127.0.0.128"].map(holds)).toEqual([false, true, true, false]);
  });

  test("one address is a block, and so is everything", () => {
    expect(parseBlock("1.2.3.4")).toEqual({ base: 0x0102_0304, bits: 32 });
    expect(parseBlock("0.0.0.0/0")).toEqual({ base: 0, bits: 0 });
  });

  test.each(["", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/8", "1.2.3.0/24/1", "1.2.3.0/-1", "1.2.3.0/ 24"])(
    "%j is no block",
    (text) => {
      expect(parseBlock(text)).toBeUndefined();
    },
  );
});
