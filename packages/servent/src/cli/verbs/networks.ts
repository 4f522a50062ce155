// `networks`: what there is, on and off.
import type { Network } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { counted, formatBytes, formatCount } from "../terminal/units.ts";

/** There are seven. */
const NETWORKS_MAX = 100;

export async function list(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const page = await (await context.daemon()).list<Network>("/networks", NETWORKS_MAX);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  if (!page.items.some(({ enabled }) => enabled)) screen.sum("none is on: `servent networks enable gnutella`");
  return EXIT.done;
}

export async function show(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const networks: Network[] = [];
  for (const id of input.operands) networks.push(await daemon.read<Network>(`/networks/${encodeURIComponent(id)}`));
  if (screen.isJson) screen.json({ schema: "servent.networks/1", items: networks });
  else networks.forEach((network, i) => screen.lines([...(i > 0 ? [""] : []), ...fullLines(context, network)]));
  return EXIT.done;
}

export async function enable(context: Context, input: Input): Promise<ExitCode> {
  const role = input.text("role");
  const links = input.number("links");
  return change(context, input.operands, {
    enabled: true,
    ...(role === undefined ? {} : { role }),
    ...(links === undefined ? {} : { links }),
  });
}

export async function disable(context: Context, input: Input): Promise<ExitCode> {
  return change(context, input.operands, { enabled: false });
}

export async function bootstrap(context: Context, input: Input): Promise<ExitCode> {
  const [id = "", ...peers] = input.operands;
  const changed = await context.change<Network>("POST", `/networks/${encodeURIComponent(id)}/bootstrap`, { peers });
  if (changed === undefined) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.bootstrap/1", network: id, peers });
  else if (changed.servers === undefined)
    context.screen.note(`${id} asks ${counted(peers.length, "peer")} for neighbours`);
  else context.screen.note(`${id} has ${counted(peers.length, "more server")} to log in at`);
  return EXIT.done;
}

/** Peers of a network, empty where it is off: a zero would look like a fault. */
export function networkPeers({ peers, state }: Network): string {
  return state === "off" ? "" : formatCount(peers);
}

async function change(
  context: Context,
  ids: readonly string[],
  body: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const { screen } = context;
  const changed: Network[] = [];
  for (const id of ids) {
    const network = await context.change<Network>("PATCH", `/networks/${encodeURIComponent(id)}`, body);
    if (network !== undefined) changed.push(network);
  }
  if (context.flags.dryRun) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.networks/1", items: changed });
  else screen.lines(tableLines(changed, COLUMNS, screen.layout));
  return EXIT.done;
}

const COLUMNS: readonly Column<Network>[] = [
  { title: "NETWORK", value: ({ id }) => id },
  { title: "STATE", value: ({ state }) => state, style: ({ state }) => stateStyle(state) },
  { title: "PEERS", value: networkPeers, align: "right" },
  { title: "ROLE", value: ({ role, state }) => (state === "off" ? "" : role), leaveOut: 2 },
  { title: "LISTENS AT", value: endpointText, leaveOut: 3 },
  { title: "", value: ({ liveness }) => liveness, shrinkTo: 36, cut: "end", leaveOut: 1, style: () => "dim" },
];

function endpointText({ endpoint }: Network): string {
  return endpoint === null ? "" : `${endpoint.host}:${endpoint.port}`;
}

/** Counters that stand at zero are left out, but for scripts and with -v. */
function fullLines({ screen, flags }: Context, network: Network): readonly string[] {
  const { isPlain } = screen.layout;
  const counters = Object.entries(network.counters)
    .filter(([, value]) => value !== 0 || isPlain || flags.verbose > 0)
    .map(
      ([name, value]) =>
        [isPlain ? name : inWords(name), /bytes/i.test(name) ? formatBytes(value) : formatCount(value)] as const,
    );
  return fieldLines(
    [
      ["network", network.id],
      ["state", network.state, stateStyle(network.state)],
      ["", network.liveness],
      ["role", network.role],
      ["listens at", endpointText(network)],
      ["peers", formatCount(network.peers)],
      ...(network.servers ?? []).map((server) => ["server", serverText(server), stateStyle(server.state)] as const),
      ...counters,
    ],
    screen.layout,
  );
}

/** `192.0.2.7:8888  online as anna, 12 users, 340 files` */
function serverText({ endpoint, state, nick, users, files, problem }: NonNullable<Network["servers"]>[number]): string {
  const name = nick === "" ? "" : ` as ${nick}`;
  const size = state === "online" ? `, ${counted(users, "user")}, ${counted(files, "file")}` : "";
  return `${endpoint.host}:${endpoint.port} ${state}${name}${size}${problem === "" ? "" : `: ${problem}`}`;
}

/** `filesBrought` → `files brought`. */
function inWords(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}
