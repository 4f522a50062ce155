// `search`, `results` and `searches again`: ask, wait for the answers, show them with the numbers that `get` takes.
import { ServentError } from "../../base/servent-error.ts";
import { type DaemonClient, withQuery } from "../client/daemon-client.ts";
import type { FileGroup, Page, Search } from "../client/shapes.ts";
import { ProblemError } from "../client/problem-error.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import { cutEnd } from "../terminal/text.ts";
import { counted, formatBytes, formatSpan } from "../terminal/units.ts";
import { LIST_LIMIT } from "./lists.ts";

/** No new file for this long after the first: the answers have settled. Later ones are still kept by the daemon. */
const SETTLED_MS = 1500;
const LOOK_EVERY_MS = 150;

export async function search(context: Context, input: Input): Promise<ExitCode> {
  const started = await context.change<Search>("POST", "/searches", requestOf(context, input));
  if (started === undefined) return EXIT.done;
  return present(context, started, { isFollowed: input.flag("follow"), first: input.number("first") });
}

export async function again(context: Context, input: Input): Promise<ExitCode> {
  const started = await context.change<Search>("POST", `/searches/${encodeURIComponent(input.operand(0))}/again`);
  if (started === undefined) return EXIT.done;
  return present(context, started, { isFollowed: false, first: undefined });
}

export async function results(context: Context, input: Input): Promise<ExitCode> {
  const daemon = await context.daemon();
  const named = input.operands[0];
  const found = named === undefined ? await latestSearch(daemon) : await readSearch(daemon, named);
  const page = await readResults(daemon, found.id, input.number("limit") ?? LIST_LIMIT, {
    sort: input.text("sort"),
    filter: input.text("filter"),
  });
  showResults(context, found, page);
  return page.items.length === 0 ? EXIT.nothingFound : EXIT.done;
}

/** The search that bare numbers refer to. Throws ServentError `not_found` where there was none yet. */
export async function latestSearch(daemon: DaemonClient): Promise<Search> {
  try {
    return await daemon.read<Search>("/searches/latest");
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) {
      throw new ServentError("not_found", "There was no search yet.", "Search first: `servent search tide`.");
    }
    throw error;
  }
}

function readSearch(daemon: DaemonClient, id: string): Promise<Search> {
  return daemon.read<Search>(`/searches/${encodeURIComponent(id)}`);
}

function requestOf({ flags }: Context, input: Input): Readonly<Record<string, unknown>> {
  const words = input.operands.join(" ").trim();
  const networks = input.list("network");
  const isUrn = /^urn:\S+$/.test(words);
  const entries: readonly (readonly [string, unknown])[] = [
    [isUrn ? "urn" : "words", words],
    ["networks", networks.length === 0 ? undefined : networks],
    ["type", input.text("type")],
    ["minBytes", input.number("min")],
    ["maxBytes", input.number("max")],
    ["extension", input.text("ext")?.replace(/^\./, "").toLowerCase()],
    ["timeoutMs", flags.timeoutMs],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

interface Waiting {
  /** Show each file as it is found, until the search ends. */
  readonly isFollowed: boolean;
  readonly first: number | undefined;
}

async function present(context: Context, started: Search, waiting: Waiting): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  if (started.networks.length === 0) {
    throw new ServentError(
      "network_off",
      "No network is on, so nobody was asked.",
      "Try `servent networks enable gnutella`.",
    );
  }
  const ended = waiting.isFollowed
    ? await follow(context, daemon, started, waiting.first)
    : await settle(context, daemon, started, waiting.first);
  screen.clearProgress();
  const isCutShort = context.interrupt.aborted;
  if (isCutShort) await daemon.send("POST", `/searches/${encodeURIComponent(started.id)}/stop`);
  if (!waiting.isFollowed) {
    showResults(context, ended, await readResults(daemon, ended.id, waiting.first ?? LIST_LIMIT));
  } else {
    screen.sum(sumOf(ended));
  }
  if (!screen.isJson) for (const { network, text } of ended.notes) screen.note(`${network}: ${text}`);
  if (isCutShort) return EXIT.interrupted;
  if (ended.files === 0) {
    const nothing = nothingText(ended);
    if (!screen.isJson && nothing !== "") screen.note(nothing);
    return EXIT.nothingFound;
  }
  return waiting.first !== undefined && ended.files < waiting.first ? EXIT.limit : EXIT.done;
}

/** Waits until the search ends, the answers settle, or there are enough. */
async function settle(
  context: Context,
  daemon: DaemonClient,
  started: Search,
  first: number | undefined,
): Promise<Search> {
  const { screen, shell, interrupt } = context;
  screen.startProgressClock();
  let now = started;
  let changedAt = shell.now();
  while (now.state === "running" && !interrupt.aborted) {
    screen.progress([cutEnd(`asking ${now.networks.join(", ")} … ${sumOf(now)}`, screen.progressWidth)]);
    if (first !== undefined ? now.files >= first : now.files > 0 && shell.now() - changedAt >= SETTLED_MS) break;
    await shell.sleep(LOOK_EVERY_MS, interrupt);
    const next = await readSearch(daemon, started.id);
    if (next.files !== now.files) changedAt = shell.now();
    now = next;
  }
  return now;
}

/** Shows each file once, as soon as it is there. */
async function follow(
  context: Context,
  daemon: DaemonClient,
  started: Search,
  first: number | undefined,
): Promise<Search> {
  const { screen, shell, interrupt } = context;
  const columns = followColumns(screen.layout.width);
  let now = started;
  let shown = 0;
  for (;;) {
    if (now.files > shown) {
      const page = await readResults(daemon, started.id, Math.min(now.files, first ?? now.files), { sort: "number" });
      const fresh = page.items.filter(({ number }) => number > shown);
      shown = Math.max(shown, ...fresh.map(({ number }) => number));
      if (screen.isJson) for (const group of fresh) screen.json(group);
      else screen.lines(tableLines(fresh, columns, screen.layout).slice(screen.isPlain ? 0 : 1));
    }
    const isEnough = first !== undefined && shown >= first;
    if (now.state !== "running" || isEnough || interrupt.aborted) return now;
    await shell.sleep(LOOK_EVERY_MS, interrupt);
    now = await readSearch(daemon, started.id);
  }
}

function readResults(
  daemon: DaemonClient,
  id: string,
  limit: number,
  query: { readonly sort?: string | undefined; readonly filter?: string | undefined } = {},
): Promise<Page<FileGroup>> {
  return daemon.list<FileGroup>(withQuery(`/searches/${encodeURIComponent(id)}/results`, query), limit);
}

function showResults({ screen }: Context, found: Search, page: Page<FileGroup>): void {
  if (screen.isJson) return screen.json({ ...page, search: found });
  screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  if (page.total > page.items.length)
    screen.sum(
      `${page.items.length} of ${counted(page.total, "file")}; all: \`servent results --limit ${page.total}\``,
    );
  if (found.files > 0) screen.sum(sumOf(found));
}

/** `5 networks · 1.8 s · 214 messages · 31 kB` */
function sumOf(found: Search): string {
  return [
    counted(found.networks.length, "network"),
    counted(found.files, "file"),
    formatSpan(found.durationMs),
    counted(found.messages, "message"),
    formatBytes(found.bytes),
  ].join(" · ");
}

/** Empty where the notes have said it all. */
function nothingText(found: Search): string {
  const silent = found.notes.find(({ code }) => code === "not_asked");
  const told = new Set(found.notes.filter(({ code }) => code !== "partial").map(({ network }) => network));
  const others = found.networks.filter((network) => !told.has(network));
  const networks = others.join(", ");
  if (others.length === 0) return silent === undefined ? "" : `See \`servent why ${silent.network}\`.`;
  if (found.messages === 0) {
    const lack = others.length === 1 ? "has" : "have";
    return `Nobody was there to be asked: ${networks} ${lack} no neighbour yet. See \`servent why ${others[0]}\`.`;
  }
  // Nobody has more to say, so there is nothing to wait for.
  if (found.ending === "answered") {
    return `Nothing found: everybody who was asked has answered, on ${networks}. Try fewer words, or \`servent why ${found.id}\`.`;
  }
  const asked = `Nothing found: asked ${networks} for ${formatSpan(found.durationMs)}.`;
  return `${asked} Try fewer words, a longer --timeout, or \`servent why ${found.id}\`.`;
}

/** `gnutella bittorrent +1`: two by name, the rest as a number. */
function networkText({ networks }: FileGroup): string {
  const rest = networks.length - 2;
  return [...networks.slice(0, 2), ...(rest > 0 ? [`+${rest}`] : [])].join(" ");
}

function shortNetworkText({ networks }: FileGroup): string {
  return networks.length < 2 ? networks.join("") : `${networks[0]} +${networks.length - 1}`;
}

function groupState({ have, transfer, health }: FileGroup): string {
  if (have) return "have";
  return transfer === null ? health : "in transfers";
}

const COLUMNS: readonly Column<FileGroup>[] = [
  { title: "#", value: ({ number }) => String(number), align: "right", style: () => "cyan" },
  { title: "NAME", value: ({ name }) => name, shrinkTo: 28 },
  { title: "SIZE", value: ({ size }) => formatBytes(size), align: "right" },
  { title: "NETWORKS", value: networkText, short: shortNetworkText, leaveOut: 2, style: () => "dim" },
  { title: "SOURCES", value: ({ sources }) => String(sources.length), align: "right", leaveOut: 1 },
  { title: "STATE", value: groupState, style: (group) => stateStyle(groupState(group)) },
];

/** Rows that come one by one cannot be measured together: the columns before the name have a fixed width. */
function followColumns(width: number): readonly Column<FileGroup>[] {
  return [
    { title: "", value: ({ number }) => String(number).padStart(4), style: () => "cyan" },
    { title: "", value: ({ size }) => formatBytes(size).padStart(7) },
    { title: "", value: (group) => groupState(group).padEnd(12), style: (group) => stateStyle(groupState(group)) },
    { title: "", value: ({ name }) => name, ...(width < 200 ? { shrinkTo: 16 } : {}) },
    { title: "", value: networkText, leaveOut: 1, style: () => "dim" },
  ];
}
