// `peers`: the links we have.
import { type DaemonClient, withQuery } from "../client/daemon-client.ts";
import type { Page, Peer } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { formatBytes, formatCount, formatSpan } from "../terminal/units.ts";
import { LIST_LIMIT, sumLine } from "./lists.ts";

export async function list(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const networks = input.list("network");
  const limit = input.number("limit") ?? LIST_LIMIT;
  const page = await readPeers(await context.daemon(), networks, limit);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  screen.sum(page.items.length === 0 ? "no peers: is a network on? `servent networks ls`" : sumLine(page, "peer"));
  return EXIT.done;
}

export async function show(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const peers: Peer[] = [];
  for (const id of input.operands) peers.push(await daemon.read<Peer>(`/peers/${encodeURIComponent(id)}`));
  if (screen.isJson) screen.json({ schema: "servent.peers/1", items: peers });
  else peers.forEach((peer, i) => screen.lines([...(i > 0 ? [""] : []), ...fullLines(context, peer)]));
  return EXIT.done;
}

export async function connect(context: Context, input: Input): Promise<ExitCode> {
  const [network = "", ...endpoints] = input.operands;
  for (const endpoint of endpoints) await context.change("POST", "/peers", { network, endpoint });
  if (context.flags.dryRun) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.dialled/1", network, endpoints });
  else context.screen.note(`dialling ${endpoints.join(", ")}; see \`servent peers ls\``);
  return EXIT.done;
}

export async function disconnect(context: Context, input: Input): Promise<ExitCode> {
  for (const id of input.operands) await context.change("DELETE", `/peers/${encodeURIComponent(id)}`);
  if (context.flags.dryRun) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.removed/1", ids: input.operands });
  return EXIT.done;
}

/** The API filters by one network; several are several questions. */
async function readPeers(daemon: DaemonClient, networks: readonly string[], limit: number): Promise<Page<Peer>> {
  if (networks.length < 2) return daemon.list<Peer>(withQuery("/peers", { network: networks[0] }), limit);
  const pages = await Promise.all(
    networks.map((network) => daemon.list<Peer>(withQuery("/peers", { network }), limit)),
  );
  return {
    schema: "servent.peers/1",
    items: pages.flatMap(({ items }) => items).slice(0, limit),
    next: null,
    total: pages.reduce((sum, { total }) => sum + total, 0),
  };
}

const endpointOf = ({ endpoint }: Peer) => `${endpoint.host}:${endpoint.port}`;
const traffic = (messages: number, bytes: number) => `${formatCount(messages)} / ${formatBytes(bytes)}`;

const COLUMNS: readonly Column<Peer>[] = [
  { title: "ID", value: ({ id }) => id, style: () => "dim" },
  { title: "NETWORK", value: ({ network }) => network },
  { title: "ADDRESS", value: endpointOf },
  { title: "STATE", value: ({ state }) => state, style: ({ state }) => stateStyle(state) },
  { title: "BY", value: ({ inbound }) => (inbound ? "them" : "us"), leaveOut: 5 },
  { title: "ROLE", value: ({ role }) => role, leaveOut: 4 },
  { title: "AGE", value: ({ ageMs }) => formatSpan(ageMs), align: "right", leaveOut: 2 },
  {
    title: "IN",
    value: (peer) => traffic(peer.messagesIn, peer.bytesIn),
    short: ({ bytesIn }) => formatBytes(bytesIn),
    align: "right",
    leaveOut: 1,
  },
  {
    title: "OUT",
    value: (peer) => traffic(peer.messagesOut, peer.bytesOut),
    short: ({ bytesOut }) => formatBytes(bytesOut),
    align: "right",
    leaveOut: 1,
  },
  { title: "PROGRAM", value: ({ vendor }) => vendor, shrinkTo: 8, cut: "end", leaveOut: 3, style: () => "dim" },
];

function fullLines({ screen }: Context, peer: Peer): readonly string[] {
  return fieldLines(
    [
      ["peer", peer.id],
      ["network", peer.network],
      ["address", endpointOf(peer)],
      ["state", peer.state, stateStyle(peer.state)],
      ["dialled by", peer.inbound ? "them" : "us"],
      ["role", peer.role],
      ["program", peer.vendor],
      ["age", formatSpan(peer.ageMs)],
      ["received", `${formatCount(peer.messagesIn)} messages, ${formatBytes(peer.bytesIn)}`],
      ["sent", `${formatCount(peer.messagesOut)} messages, ${formatBytes(peer.bytesOut)}`],
    ],
    screen.layout,
  );
}
