// An old server made by hand, for tests: it links as they do and says what a test wants.
import { assert } from "../../../base/assert.ts";
import { endpointOf, parseIpv4 } from "../../../base/ipv4.ts";
import { splitFields } from "../fields.ts";
import { MESSAGE } from "../messages.ts";
import { TestServer, type TestClient, type TestServerOptions } from "../server/server-fixture.ts";
import type { OpenNapLinks } from "./node.ts";
import type { PeerServer } from "./options.ts";
import { linkProof } from "./proof.ts";

const OWN_PASSWORD = "ours";
const THEIR_PASSWORD = "theirs";
const NONCE = "0123456789ABCDEF";

/** Where each fellow lives. */
export const HOSTS: Readonly<Record<string, string>> = { north: "10.1.0.1", south: "10.2.0.1", west: "10.3.0.1" };

export interface LinkedTest {
  readonly server: TestServer;
  readonly links: OpenNapLinks;
  /** Links that came and went, in words. */
  readonly news: string[];
}

/** A server of ours that may be linked with all fellows. */
export function linkable(changes: Partial<PeerServer> = {}, options: TestServerOptions = {}): LinkedTest {
  const server = new TestServer(options);
  const news: string[] = [];
  const peers = Object.entries(HOSTS).map(([name, host]) => ({
    name,
    address: endpointOf(parseIpv4(host) ?? 0, 8888),
    ownPassword: OWN_PASSWORD,
    theirPassword: THEIR_PASSWORD,
    isDialled: false,
    isTrusted: false,
    ...changes,
  }));
  const links = server.node.linkTree(
    { peers },
    {
      onLinked: (name) => news.push(`linked ${name}`),
      onLinkLost: (name, reason) => news.push(`lost ${name}: ${reason}`),
      onLinkRefused: (name, reason) => news.push(`refused ${name}: ${reason}`),
    },
  );
  links.start();
  return { server, links, news };
}

/** What a fellow answers to our greeting. */
export function proofFor(greeting: string, password = THEIR_PASSWORD): string {
  const [, nonce = ""] = splitFields(greeting, 2);
  return linkProof(nonce, NONCE, password);
}

/** What we answer to a fellow's greeting, as it stands on the wire. */
export function ourProof(greeting: string): string {
  const [, nonce = ""] = splitFields(greeting, 2);
  return `${MESSAGE.linkPassword} ${linkProof(NONCE, nonce, OWN_PASSWORD)}`;
}

/** Connects and greets; the rest is the test's. */
export function greet(server: TestServer, name: string, host = HOSTS[name]): TestClient {
  assert(host !== undefined, `${name} has a host`);
  return server.connect(host).send(MESSAGE.linkLogin, `${name} ${NONCE} 1`);
}

/** Links; what it was told at first is there to `take`. */
export function link(server: TestServer, name: string): TestClient {
  const fellow = greet(server, name);
  const [greeting = "", proof] = fellow.take();
  assert(proof === ourProof(greeting.slice(greeting.indexOf(" ") + 1)), `our proof is right: ${greeting}; ${proof}`);
  return fellow.send(MESSAGE.linkPassword, proofFor(greeting.slice(greeting.indexOf(" ") + 1)));
}

/** Links, and forgets what it was told. */
export function linked(server: TestServer, name: string): TestClient {
  const fellow = link(server, name);
  fellow.take();
  return fellow;
}

/** A login as servers tell it each other. */
export function loginOf(
  nick: string,
  {
    server = "north",
    at = 1000,
    ip = 16_777_226,
    port = 6699,
  }: { server?: string; at?: number; ip?: number; port?: number } = {},
): string {
  return `${nick} token ${port} "far 1" 4 unknown ${at} ${ip} ${server} 40000`;
}
