import { expect, test } from "vitest";
import { announcedIn, announcement, type LinkRecord, serviceType } from "./link-records.ts";

const OFFER = { network: "gnutella/ultrapeer", port: 6346, load: 0 };

test("what is announced is understood, and tells nothing of the machine", () => {
  const records = announcement("0a1b2c", "192.168.1.7", OFFER, 120);
  expect(announcedIn(records)).toEqual([{ network: "gnutella/ultrapeer", port: 6346, ttlSeconds: 120 }]);
  expect(records.map(({ name }) => name)).toEqual([
    "_servent-gnutella._tcp.local",
    "0a1b2c._servent-gnutella._tcp.local",
    "0a1b2c._servent-gnutella._tcp.local",
    "0a1b2c.local",
  ]);
  expect(serviceType("chord")).toBe("_servent-chord._tcp.local");
});

test.each([
  ["a port of the system", { port: 22 }],
  ["no port", { port: 0 }],
])("a service at %s is passed over", (_what, data) => {
  const records = announcement("0a1b2c", "192.168.1.7", { ...OFFER, ...data }, 120);
  expect(announcedIn(records)).toEqual([]);
});

test("a service of somebody else's kind, or without its text, or under another name is passed over", () => {
  const [pointer, service, text] = announcement("x", "192.168.1.7", OFFER, 120) as [LinkRecord, LinkRecord, LinkRecord];
  expect(announcedIn([pointer, service])).toEqual([]);
  expect(announcedIn([pointer, text])).toEqual([]);
  const printer = { ...service, name: "x._ipp._tcp.local" } as LinkRecord;
  expect(announcedIn([printer, { ...text, name: printer.name } as LinkRecord])).toEqual([]);
});

test("100,000 broken packets never throw, and give no network or port that is none", () => {
  let state = 3;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  const names = ["", "x", "0a._servent-chord._tcp.local", "._servent-chord._tcp.local", "_servent-chord._tcp.local"];
  const texts = [
    "network=chord",
    "network=",
    "network=../x",
    Buffer.from("network=chord"),
    Buffer.from([0xff, 0]),
    [],
    [[]],
    null,
    5,
  ];
  const ports = [7000, -1, 65_536, 0.5, Number.NaN, "7000", null, undefined];
  let found = 0;
  let odd = 0;
  for (let run = 0; run < 100_000; run++) {
    const records = Array.from({ length: below(6) }, () => ({
      name: names[below(names.length)],
      type: ["SRV", "TXT", "PTR", "A", "OPT"][below(5)],
      ttl: [120, 0, -1, undefined, 2 ** 31][below(5)],
      data: below(2) === 0 ? { port: ports[below(ports.length)] } : texts[below(texts.length)],
    }));
    for (const { network, port, ttlSeconds } of announcedIn(records as LinkRecord[])) {
      found++;
      if (network !== "chord" || !(port >= 1024 && port <= 65_535 && Number.isInteger(port)) || ttlSeconds < 0) odd++;
    }
  }
  expect(odd).toBe(0);
  expect(found).toBeGreaterThan(0);
});
