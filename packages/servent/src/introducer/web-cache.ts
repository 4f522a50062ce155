// The introducer as a Gnutella web cache, for programs that know nothing newer: GWebCache 1 (`hostfile`, `urlfile`, `ip`, `ping`,
// `statfile`) and 2 (`get`, `update`, lines that begin with their letter), on one path. The specifications are those of 2002 and
// 2003; answers are lines of plain text. Addresses of other caches are taken from nobody: to find out whether they exist we would
// have to ask wherever a stranger points. Those that the owner named are given.
import { formatEndpoint, ipv4Of, parseEndpoint, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import {
  type Answer,
  type IntroducedPeer,
  KINDS,
  type Request,
} from "@servent/overlay/protocols/introducer/messages.ts";
import { LIMITS } from "./limits.ts";

export interface WebCacheOptions {
  /** Name and version, as in `Servent/0.1.0`. */
  readonly name: string;
  /** Addresses of other caches, named by the owner. */
  readonly others: readonly string[];
  /** The desk. */
  readonly answer: (from: Address, request: Request) => Answer;
  /** Requests so far, those of the last hour, and updates of the last hour. */
  readonly statistics: () => readonly [requests: number, requestsInHour: number, updatesInHour: number];
}

export interface WebCacheAnswer {
  readonly status: number;
  /** Lines, each with its end. */
  readonly text: string;
}

/** Networks that web caches have, and whose peers those are here. */
const NETWORKS: ReadonlyMap<string, string> = new Map([
  ["gnutella", KINDS.ultrapeers],
  ["gnutella2", KINDS.hubs],
]);
const HALF_AN_HOUR = 1800;
/** Leaves that a client says it has room for, where it says how many it has: the load is their share. */
const LEAVES_MAX_DEFAULT = 100;

/** Answers a request with this query; `from` is where it came from. */
export function answerWebCache(query: URLSearchParams, from: Address, options: WebCacheOptions): WebCacheAnswer {
  const network = NETWORKS.get((query.get("net") ?? "gnutella").toLowerCase());
  const isSecond = isOn(query, "get") || isOn(query, "update") || isOn(query, "gwcs") || query.get("spec") === "2";
  if (network === undefined) return lines(200, [isSecond ? "I|net-not-supported" : "ERROR: Network not supported"]);
  return isSecond ? second(query, network, from, options) : first(query, network, from, options);
}

/** True where the request changes the table, for the statistics. */
export function isUpdate(query: URLSearchParams): boolean {
  return query.has("ip") || query.has("url");
}

// --- version 2

function second(query: URLSearchParams, network: string, from: Address, options: WebCacheOptions): WebCacheAnswer {
  const found: string[] = [];
  if (isOn(query, "ping")) found.push(`I|pong|${options.name}|${[...NETWORKS.keys()].join("-")}`);
  if (isOn(query, "update") || isUpdate(query)) {
    for (const problem of update(query, network, from, options)) {
      found.push(problem === "" ? "I|update|OK" : `I|update|WARNING|${problem}`);
    }
  }
  if (isOn(query, "get") || isOn(query, "gwcs")) {
    const answer = options.answer(from, ask(network));
    if (answer.kind === "refused") return tooEarly(answer.againSeconds, "I|WARNING|You came back too early");
    const peers = answer.kind === "peers" ? answer.peers : [];
    found.push(...peers.map((peer) => `H|${formatEndpoint(peer.address)}|${peer.ageSeconds}`));
    found.push(...options.others.map((url) => `U|${url}|0`));
    if (peers.length === 0) found.push("I|NO-HOSTS");
  }
  found.push(`I|access|period|${HALF_AN_HOUR}`);
  return lines(200, found);
}

// --- version 1

function first(query: URLSearchParams, network: string, from: Address, options: WebCacheOptions): WebCacheAnswer {
  if (isOn(query, "ping")) return lines(200, [`PONG ${options.name}`]);
  if (isOn(query, "statfile")) return lines(200, options.statistics().map(String));
  if (isUpdate(query)) {
    const warnings = update(query, network, from, options).filter((problem) => problem !== "");
    return lines(200, ["OK", ...warnings.map((problem) => `WARNING: ${problem}`)]);
  }
  if (isOn(query, "hostfile")) {
    const answer = options.answer(from, ask(network));
    if (answer.kind === "refused") return tooEarly(answer.againSeconds, "ERROR: You came back too early");
    return lines(200, (answer.kind === "peers" ? answer.peers : []).map(endpointText));
  }
  if (isOn(query, "urlfile")) return lines(200, options.others);
  return lines(400, ["ERROR: Nothing was asked"]);
}

/** What is wrong with each thing that the client wants to bring; empty text for one that was taken. */
function update(query: URLSearchParams, network: string, from: Address, options: WebCacheOptions): string[] {
  const results: string[] = [];
  const ip = query.get("ip");
  if (ip !== null) results.push(updateHost(ip, query, network, from, options));
  if (query.has("url")) results.push("URL adding is disabled");
  return results.length > 0 ? results : ["Nothing to update"];
}

function updateHost(
  ip: string,
  query: URLSearchParams,
  network: string,
  from: Address,
  { answer }: WebCacheOptions,
): string {
  const address = parseEndpoint(ip);
  if (address === undefined) return "Bad host";
  // Anybody may say who he is, nobody who somebody else is: the table would fill with victims, and we would dial them.
  if (ipv4Of(address) !== ipv4Of(from)) return "Rejected IP";
  const said = answer(from, { kind: "join", network, port: portOf(address), load: loadOf(query) });
  if (said.kind === "joined") return "";
  if (said.kind === "refused" && said.reason === "too_often") return "You came back too early";
  return "Rejected host";
}

/** Version 2 lets a client tell how many leaves it has, and how many it takes. */
function loadOf(query: URLSearchParams): number {
  const leaves = Number(query.get("x.leaves") ?? query.get("x_leaves") ?? 0);
  const most = Number(query.get("x.max") ?? query.get("x_max") ?? LEAVES_MAX_DEFAULT);
  const load = Math.round((100 * leaves) / most);
  return Number.isFinite(load) ? Math.min(100, Math.max(0, load)) : 0;
}

function ask(network: string): Request {
  return { kind: "ask", networks: [network], count: LIMITS.webCacheHosts, port: 0 };
}

function endpointText({ address }: IntroducedPeer): string {
  return formatEndpoint(address);
}

function tooEarly(againSeconds: number, line: string): WebCacheAnswer {
  return lines(againSeconds > 0 ? 429 : 200, [line]);
}

function isOn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "" && value !== "0";
}

function lines(status: number, all: readonly string[]): WebCacheAnswer {
  return { status, text: all.map((line) => `${line}\r\n`).join("") };
}
