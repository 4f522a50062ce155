// `dht`: a look into networks that are distributed hash tables: our tables, a lookup hop by hop, the records under a key.
import type { DhtLookup, DhtTable } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { counted, formatBytes } from "../terminal/units.ts";

/** Digits of an id that people compare. */
const ID_DIGITS = 8;

export async function table(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const found = await (await context.daemon()).read<DhtTable>(`/networks/${networkOf(input)}/table`);
  if (screen.isJson) {
    screen.json({ schema: "servent.dht-table/1", ...found });
    return EXIT.done;
  }
  found.nodes.forEach((node, i) => {
    const head = `${endpointText(node)}  ${shortId(node)}  ${node.state}  ${counted(node.records, "record")} kept`;
    screen.lines([...(i > 0 ? [""] : []), head, ...tableLines(node.entries, ENTRY_COLUMNS, screen.layout)]);
  });
  return EXIT.done;
}

export async function lookup(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const { records: _, ...found } = await ask(context, input, false);
  if (screen.isJson) screen.json({ schema: "servent.dht-lookup/1", ...found });
  else {
    const hops = found.hops.map((hop, i) => ({ ...hop, number: i + 1 }));
    screen.lines(tableLines(hops, HOP_COLUMNS, screen.layout));
    screen.lines(
      fieldLines(
        [
          ["key", keyText(found)],
          ["owner", found.owner === null ? "nobody who answers" : peerText(found.owner)],
          ...found.followers.map((peer, i) => [i === 0 ? "then" : "", peerText(peer)] as const),
        ],
        screen.layout,
      ),
    );
    screen.sum(`${counted(found.hops.length, "peer")} asked · ${Math.round(found.ms)} ms`);
  }
  return found.owner === null ? EXIT.temporary : EXIT.done;
}

export async function get(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const { network, key, text, owner, records } = await ask(context, input, true);
  const items = records ?? [];
  if (screen.isJson) screen.json({ schema: "servent.dht-records/1", network, key, text, items });
  else {
    screen.lines(tableLines(items, RECORD_COLUMNS, screen.layout));
    screen.sum(`${counted(items.length, "record")} under ${keyText({ key, text })}`);
  }
  if (owner === null) return EXIT.temporary;
  return items.length === 0 ? EXIT.nothingFound : EXIT.done;
}

async function ask(context: Context, input: Input, records: boolean): Promise<DhtLookup> {
  const key = input.operands.join(" ");
  return (await context.daemon()).send<DhtLookup>("POST", `/networks/${networkOf(input)}/lookup`, { key, records });
}

type PeerOf = NonNullable<DhtLookup["owner"]>;

const networkOf = (input: Input): string => encodeURIComponent(input.text("network") ?? "chord");
const shortId = ({ id }: { readonly id: string }): string => id.slice(0, ID_DIGITS);
const endpointText = ({ endpoint }: Pick<PeerOf, "endpoint">): string => `${endpoint.host}:${endpoint.port}`;
const peerText = (peer: PeerOf): string => `${endpointText(peer)}  ${shortId(peer)}`;
const keyText = ({ key, text }: Pick<DhtLookup, "key" | "text">): string => (text === "" ? key : `${text}  ${key}`);

type Hop = DhtLookup["hops"][number] & { readonly number: number };

const HOP_COLUMNS: readonly Column<Hop>[] = [
  { title: "HOP", value: ({ number }) => String(number), align: "right" },
  { title: "PEER", value: endpointText },
  { title: "ID", value: shortId, leaveOut: 1 },
  {
    title: "TIME",
    value: ({ ms }) => (ms === null ? "silent" : `${Math.round(ms)} ms`),
    align: "right",
    style: ({ ms }) => (ms === null ? "red" : undefined),
  },
];

type Entry = DhtTable["nodes"][number]["entries"][number];

const ENTRY_COLUMNS: readonly Column<Entry>[] = [
  { title: "ROLE", value: ({ role }) => role },
  { title: "PLACE", value: ({ role, place }) => (role === "finger" ? `2^${place}` : String(place)), align: "right" },
  { title: "PEER", value: endpointText },
  { title: "ID", value: shortId, leaveOut: 1 },
  { title: "AWAY", value: ({ distance }) => `${(100 * distance).toPrecision(3)} %`, align: "right" },
];

type FoundRecord = NonNullable<DhtLookup["records"]>[number];

const RECORD_COLUMNS: readonly Column<FoundRecord>[] = [
  { title: "NAME", value: ({ name }) => (name === "" ? "(no file)" : name), shrinkTo: 12 },
  { title: "SIZE", value: ({ size }) => formatBytes(size), align: "right" },
  { title: "PROVIDER", value: ({ provider }) => `${provider.host}:${provider.port}` },
  { title: "KEPT BY", value: ({ holders }) => counted(holders.length, "peer"), align: "right", leaveOut: 2 },
  { title: "URN", value: ({ urns }) => urns[0] ?? "", leaveOut: 1 },
];
