// Who is believed on the local link, without any link: what is sent is noted, what comes in is made up.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import type { Introduced } from "../networks/network.ts";
import { type AddressBlock, parseBlock } from "../runtime/address.ts";
import { LinkDiscovery, type Place } from "./link-discovery.ts";
import { announcement, type LinkRecord } from "./link-records.ts";
import type { LinkEars, LinkVoice } from "./link-voice.ts";
import { LIMITS } from "./limits.ts";

const OWN = "192.168.1.5";
const PLACE: Place = { address: OWN, block: parseBlock("192.168.1.0/24") as AddressBlock };
const OFFER = { network: "chord", port: 7000, load: 0 };
const at = (text: string): Address => parseEndpoint(text) as Address;

class Voice implements LinkVoice {
  answers: LinkRecord[] = [];
  readonly questions: string[] = [];
  isClosed = false;
  readonly ears: LinkEars;

  constructor(ears: LinkEars) {
    this.ears = ears;
  }

  ask(types: readonly string[]): void {
    this.questions.push(...types);
  }
  async say(records: readonly LinkRecord[]): Promise<void> {
    this.answers.push(...records);
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function opened(start: Partial<Situation> = {}) {
  const voices: Voice[] = [];
  const named: Introduced[] = [];
  let situation: Situation = { seeks: ["chord"], offer: OFFER, hasAddresses: false, ...start };
  let places: readonly Place[] = [PLACE];
  let allowed: (address: Address) => boolean = () => true;
  const link = new LinkDiscovery({
    networks: [{ id: "chord", introductions: () => situation, introduce: (peers) => void named.push(...peers) }],
    localAddress: () => undefined,
    mayDial: (address) => allowed(address),
    places: () => places,
    open: (_address, ears) => {
      const voice = new Voice(ears);
      voices.push(voice);
      return voice;
    },
  });
  link.start();
  return {
    link,
    voices,
    named,
    voice: voices[0] as Voice,
    become: (change: Partial<Situation>) => void (situation = { ...situation, ...change }),
    move: (to: readonly Place[]) => void (places = to),
    allow: (rule: typeof allowed) => void (allowed = rule),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const announced = (network = "chord", port = 7100, ttl = 120): LinkRecord[] =>
  announcement("0a0b", "10.9.9.9", { network, port, load: 0 }, ttl);

test("whoever announces himself is introduced at the address that he speaks from, and may be dialled there", () => {
  const { voice, named, link } = opened();
  voice.ears.onRecords("192.168.1.9", announced());
  expect(named).toEqual([{ network: "chord", endpoint: { host: "192.168.1.9", port: 7100 } }]);
  expect(link.knows(at("192.168.1.9:7100"))).toBe(true);
  expect(link.knows(at("192.168.1.9:7101"))).toBe(false);
  // What the record says of addresses counts for nothing.
  expect(link.knows(at("10.9.9.9:7100"))).toBe(false);

  voice.ears.onRecords("192.168.1.9", announced("chord", 7100, 0));
  expect(link.knows(at("192.168.1.9:7100"))).toBe(false);
});

test.each(["10.0.0.9", "192.168.2.9", "8.8.8.8", "fe80::1", ""])("a packet from %s is not of this link", (from) => {
  const { voice, named } = opened();
  voice.ears.onRecords(from, announced());
  expect(named).toEqual([]);
});

test("our own words are not somebody else's, and another servent of this machine is", () => {
  const { voice, named } = opened();
  voice.ears.onRecords(OWN, announced("chord", OFFER.port));
  expect(named).toEqual([]);
  voice.ears.onRecords(OWN, announced("chord", 7001));
  expect(named.length).toBe(1);
});

test("a network that does not look for peers is told of none, until it does, and not all the time then", () => {
  const { voice, named, become } = opened({ seeks: [] });
  voice.ears.onRecords("192.168.1.9", announced());
  voice.ears.onRecords("192.168.1.9", announced("gnutella/leaf"));
  expect(named).toEqual([]);

  become({ seeks: ["chord"] });
  vi.advanceTimersByTime(LIMITS.linkAgainMs - 1000);
  expect(named.length).toBe(1);
  vi.advanceTimersByTime(LIMITS.linkAgainMs);
  expect(named.length).toBe(2);
});

test("what the rules do not let us dial is not passed on", () => {
  const { voice, named, allow } = opened();
  allow(() => false);
  voice.ears.onRecords("192.168.1.9", announced());
  expect(named).toEqual([]);
});

test("of a flood of packets only the first of each second are read", () => {
  const { voice, link } = opened();
  for (let i = 0; i < 250; i++) voice.ears.onRecords(`192.168.1.${i}`, announced("chord", 7100));
  const known = Array.from({ length: 250 }, (_, i) => link.knows(at(`192.168.1.${i}:7100`))).filter(Boolean).length;
  expect(known).toBe(LIMITS.linkPacketsPerSecond);
});

test("it says where it takes calls, again in time, when that changes, when it is asked, and when it goes", async () => {
  const { voice, link, become } = opened();
  const said = () => {
    const services = voice.answers.flatMap((record) =>
      record.type === "SRV" ? [`${record.data.port}/${record.ttl}`] : [],
    );
    voice.answers = [];
    return services;
  };
  expect(said()).toEqual(["7000/120"]);
  expect(voice.questions).toEqual(["_servent-chord._tcp.local"]);
  vi.advanceTimersByTime(LIMITS.linkAnnounceMs + LIMITS.linkLookMs);
  expect(said()).toEqual(["7000/120"]);

  become({ offer: { ...OFFER, port: 7001 } });
  vi.advanceTimersByTime(LIMITS.linkLookMs);
  expect(said()).toEqual(["7000/0", "7001/120"]);
  for (let i = 0; i < 20; i++) voice.ears.onQuestions("192.168.1.9", ["_SERVENT-chord._tcp.local", "_ipp._tcp.local"]);
  expect(said()).toEqual(["7001/120", "7001/120"]);
  voice.ears.onQuestions("192.168.1.9", ["_ipp._tcp.local"]);
  expect(said()).toEqual([]);

  await link.stop();
  expect(said()).toEqual(["7001/0"]);
  expect(voice.isClosed).toBe(true);
});

test("where another network is joined, it speaks there and no longer where it was", () => {
  const { voices, voice, move, named } = opened();
  move([{ address: "10.1.1.5", block: parseBlock("10.1.1.0/24") as AddressBlock }]);
  vi.advanceTimersByTime(LIMITS.linkLookMs);

  expect(voice.isClosed).toBe(true);
  expect(voices.length).toBe(2);
  expect(voices[1]?.answers.length).toBeGreaterThan(0);
  voices[1]?.ears.onRecords("10.1.1.9", announced());
  expect(named.map(({ endpoint }) => endpoint.host)).toEqual(["10.1.1.9"]);
});
