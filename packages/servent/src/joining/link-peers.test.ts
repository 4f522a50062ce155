import { expect, test } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { LIMITS } from "./limits.ts";
import { LinkPeers } from "./link-peers.ts";

const at = (text: string): Address => parseEndpoint(text) as Address;

test("a peer is known until its time is over, or it says goodbye", () => {
  const peers = new LinkPeers();
  peers.note("chord", at("10.0.0.1:7000"), 0, 100);
  peers.note("gnutella/leaf", at("10.0.0.2:7000"), 0, 999_999);
  expect(peers.knows(at("10.0.0.1:7000"), 99_999)).toBe(true);
  expect(peers.knows(at("10.0.0.1:7001"), 0)).toBe(false);
  expect(peers.knows(at("10.0.0.1:7000"), 100_000)).toBe(false);
  expect(peers.of(["chord"], 5)).toMatchObject([{ network: "chord" }]);
  // Nobody stays for longer than we allow, whatever he says.
  expect(peers.knows(at("10.0.0.2:7000"), 1000 * LIMITS.linkTtlSeconds)).toBe(false);

  peers.note("chord", at("10.0.0.1:7000"), 5, 0);
  expect(peers.knows(at("10.0.0.1:7000"), 6)).toBe(false);
  peers.forgetOld(10_000_000);
  expect(peers.size).toBe(0);
});

test("one host takes its part of the table and no more, and of all the oldest word goes first", () => {
  const peers = new LinkPeers();
  for (let port = 2000; port < 2100; port++) peers.note("chord", at(`10.0.0.1:${port}`), 0, 100);
  expect(peers.size).toBe(LIMITS.linkPeersPerHostMax);
  peers.note("chord", at("10.0.0.1:2000"), 1, 100);
  expect(peers.size).toBe(LIMITS.linkPeersPerHostMax);

  for (let host = 0; host < 2 * LIMITS.linkPeersMax; host++) {
    peers.note("chord", at(`10.0.${1 + (host >> 8)}.${host % 256}:3000`), 2, 100);
  }
  expect(peers.size).toBe(LIMITS.linkPeersMax);
  expect(peers.knows(at("10.0.0.1:2000"), 3)).toBe(false);
  expect(peers.knows(at("10.0.2.255:3000"), 3)).toBe(true);
});
