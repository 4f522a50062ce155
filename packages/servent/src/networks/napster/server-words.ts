// How we stand with the index servers that we know, in words and as a list.
import { formatEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { fromByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import type { NapsterNode } from "@servent/overlay/protocols/napster/node.ts";
import type { KnownServer } from "@servent/overlay/protocols/napster/server-list.ts";
import type { Session } from "@servent/overlay/protocols/napster/session.ts";
import { endpointOf } from "../../runtime/address.ts";
import type { ServerInfo } from "../network.ts";

/** Servers shown; a list from elsewhere has up to two hundred, and most were never tried. */
const SHOWN_MAX = 20;
/** Servers of whose trouble a sentence tells. */
const TOLD_MAX = 3;
const ORDER: readonly ServerInfo["state"][] = ["online", "connecting", "refused", "waiting"];

/** Those that matter first. */
export function serversOf(node: NapsterNode, ownNick: string): ServerInfo[] {
  const sessions = new Map<Address, Session>();
  for (const session of node.all()) if (session.phase !== "closing") sessions.set(session.server, session);
  const all = Array.from(node.servers.all(), (known): ServerInfo => {
    const session = sessions.get(known.address);
    return {
      endpoint: endpointOf(known.address),
      state: stateOf(known, session),
      nick: session?.phase === "online" ? fromByteText(session.nick) : "",
      users: session?.users ?? 0,
      files: session?.files ?? 0,
      problem: session?.phase === "online" ? "" : inWords(known.problem, nickAt(known, ownNick)),
    };
  });
  const rank = ({ state, problem }: ServerInfo): number => 2 * ORDER.indexOf(state) + (problem === "" ? 1 : 0);
  return all.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN_MAX);
}

/** One or a few sentences: where we are logged in, and what is wrong with the others. */
export function livenessOf(node: NapsterNode, ownNick: string): string {
  const online = [...node.all()].filter(({ phase }) => phase === "online");
  const servers = [...node.servers.all()];
  const refused = servers.filter(({ isRefused }) => isRefused).map((server) => refusalOf(server, ownNick));
  const troubled = servers.filter(({ problem, isRefused }) => problem !== "" && !isRefused);
  // With one server to ask, a stranger's trouble is nobody's; the owner wants to hear of those that he named.
  const told = online.length === 0 ? troubled : troubled.filter(({ isNamed }) => isNamed);
  const notes = [
    ...told.slice(0, TOLD_MAX).map(({ address, problem }) => ` ${formatEndpoint(address)}: ${problem}.`),
    ...refused.slice(0, TOLD_MAX),
  ].join("");
  if (online.length > 0) {
    const where = online.map(({ server, nick }) => `${formatEndpoint(server)} as ${fromByteText(nick)}`).join(", ");
    const { users, files } = online.reduce((most, each) => (each.files > most.files ? each : most));
    const shared = `${users} ${users === 1 ? "user shares" : "users share"} ${files} ${files === 1 ? "file" : "files"}`;
    return `Logged in at ${where}; ${shared} there.${notes}`;
  }
  if (servers.length === 0) {
    return "No index server is known. Name one: `servent networks bootstrap napster HOST:PORT`.";
  }
  return `Looking for an index server; ${servers.length} known.${notes}`;
}

/** What a server said of a log-in, where people would not know what it means. */
export function inWords(problem: string, nick: string): string {
  return isOfPassword(problem)
    ? `the name ${fromByteText(nick)} is registered there with another password`
    : fromByteText(problem);
}

function refusalOf(server: KnownServer, ownNick: string): string {
  const { address, problem, isNamed } = server;
  const refusal = ` ${formatEndpoint(address)} will not have us: ${inWords(problem, nickAt(server, ownNick))}.`;
  if (!isOfPassword(problem)) return refusal;
  // Only servers that our owner named hear the password that he set.
  return `${refusal} Set another name (network.napster.nick)${isNamed ? ", or its password (network.napster.password)" : ""}.`;
}

function isOfPassword(problem: string): boolean {
  return /password/i.test(problem);
}

function nickAt({ nick }: KnownServer, ownNick: string): string {
  return nick === "" ? ownNick : nick;
}

function stateOf({ isRefused }: KnownServer, session: Session | undefined): ServerInfo["state"] {
  if (session !== undefined) return session.phase === "online" ? "online" : "connecting";
  return isRefused ? "refused" : "waiting";
}
