// `transfers`: what is fetched and given, and what can be done about it.
import { ServentError } from "../../base/servent-error.ts";
import { withQuery } from "../client/daemon-client.ts";
import type { Batch, Transfer } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type Style, stateStyle } from "../terminal/colours.ts";
import { stateText } from "../terminal/progress-line.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { counted, formatBytes, formatClock, formatPart, formatPercent, formatRate } from "../terminal/units.ts";
import { LIST_LIMIT, sumLine } from "./lists.ts";

export type Action = "pause" | "resume" | "retry" | "cancel" | "rm";

const DONE_WORDS: Readonly<Record<Action, string>> = {
  pause: "paused",
  resume: "resumed",
  retry: "tried again",
  cancel: "cancelled",
  rm: "removed",
};

/** What one batch takes. */
const BATCH_MAX = 10_000;

export async function list(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const query = { state: input.text("state"), direction: input.text("direction"), sort: input.text("sort") };
  const daemon = await context.daemon();
  const page = await daemon.list<Transfer>(withQuery("/transfers", query), input.number("limit") ?? LIST_LIMIT);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  if (page.items.length > 0) screen.sum(sumLine(page, "transfer"));
  else
    screen.sum(query.state === undefined ? "no transfers: `servent get 1` starts one" : `no transfers ${query.state}`);
  return EXIT.done;
}

export async function show(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const transfers: Transfer[] = [];
  for (const id of input.operands) transfers.push(await daemon.read<Transfer>(`/transfers/${encodeURIComponent(id)}`));
  if (screen.isJson) screen.json({ schema: "servent.transfers/1", items: transfers });
  else transfers.forEach((transfer, i) => screen.lines([...(i > 0 ? [""] : []), ...fullLines(context, transfer)]));
  return EXIT.done;
}

export async function act(context: Context, input: Input, action: Action): Promise<ExitCode> {
  const ids = input.operands;
  const state = input.text("state");
  const isAll = input.flag("all");
  if ([ids.length > 0, state !== undefined, isAll].filter(Boolean).length !== 1) {
    throw new ServentError("usage", "It is not clear which transfers are meant.", "Give ids, or --state, or --all.");
  }
  if (action === "cancel" && ids.length === 0) {
    await context.confirm(`Give up ${isAll ? "all transfers" : `all that are ${state}`} and delete what has arrived?`);
  }
  const chosen = isAll ? { ids: await allIds(context, action) } : state === undefined ? { ids } : { state };
  if ("ids" in chosen && chosen.ids.length === 0) return tellBatch(context, action, { done: [], failed: [] });
  const batch = await context.change<Batch>("POST", "/transfers/batch", {
    ...chosen,
    action: action === "rm" ? "remove" : action,
  });
  return batch === undefined ? EXIT.done : tellBatch(context, action, batch);
}

export async function move(context: Context, input: Input): Promise<ExitCode> {
  const where = input.operand(1);
  const path = `/transfers/${encodeURIComponent(input.operand(0))}/move`;
  const moved = await context.change<Transfer>("POST", path, { where });
  if (moved === undefined) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.transfers/1", items: [moved] });
  else context.screen.note(`${moved.name} goes ${where}`);
  return EXIT.done;
}

/** The transfers that an action on all can mean: those that ended, or those that did not. */
async function allIds(context: Context, action: Action): Promise<readonly string[]> {
  const { items } = await (await context.daemon()).list<Transfer>("/transfers", BATCH_MAX);
  const isMeant = ({ state }: Transfer): boolean => {
    const hasEnded = state === "done" || state === "cancelled" || state === "failed";
    if (action === "rm") return hasEnded;
    if (action === "retry") return state === "failed" || state === "waiting" || state === "finding";
    if (action === "resume") return state === "paused";
    return action === "pause" ? !hasEnded && state !== "paused" : !hasEnded || state === "failed";
  };
  return items.filter(isMeant).map(({ id }) => id);
}

function tellBatch({ screen }: Context, action: Action, batch: Batch): ExitCode {
  if (screen.isJson) screen.json({ schema: "servent.batch/1", ...batch });
  else if (batch.done.length > 0) screen.note(`${counted(batch.done.length, "transfer")} ${DONE_WORDS[action]}`);
  else if (batch.failed.length === 0) screen.note("no transfer was meant");
  for (const { id, code, detail } of batch.failed) screen.error(`${id}: ${detail}`, "", code);
  const [first] = batch.failed;
  return first === undefined ? EXIT.done : exitCodeOf(first.code);
}

const isMoving = ({ state }: Transfer) => state === "active";
const usedSources = ({ sources }: Transfer) => sources.filter(({ state }) => state === "active").length;

function sourceCount(transfer: Transfer): string {
  if (transfer.direction === "up") return transfer.peer ?? "";
  // A list gives no sources of what has ended, and nobody needs them.
  if (["done", "failed", "cancelled"].includes(transfer.state)) return "";
  const known = String(transfer.sources.length);
  return transfer.state === "active" ? `${usedSources(transfer)}/${known}` : known;
}

const COLUMNS: readonly Column<Transfer>[] = [
  { title: "ID", value: ({ id }) => id, style: () => "dim" },
  { title: "", value: ({ direction }) => (direction === "down" ? "↓" : "↑"), style: () => "dim" },
  { title: "NAME", value: ({ name }) => name, shrinkTo: 18 },
  { title: "STATE", value: stateText, shrinkTo: 16, cut: "end", style: ({ state }) => stateStyle(state) },
  { title: "DONE", value: donePercent, align: "right", leaveOut: 1 },
  { title: "SIZE", value: ({ size }) => (size === null ? "?" : formatBytes(size)), align: "right" },
  { title: "RATE", value: (each) => (isMoving(each) ? formatRate(each.rate) : ""), align: "right", leaveOut: 2 },
  { title: "LEFT", value: leftText, align: "right", leaveOut: 3 },
  { title: "SOURCES", value: sourceCount, align: "right", leaveOut: 4, style: () => "dim" },
];

function donePercent({ bytesDone, size }: Transfer): string {
  return size === null ? "" : formatPercent(bytesDone, size);
}

function leftText(transfer: Transfer): string {
  return isMoving(transfer) && transfer.leftMs !== null ? formatClock(transfer.leftMs) : "";
}

function fullLines({ screen }: Context, transfer: Transfer): readonly string[] {
  const { layout } = screen;
  const arrived =
    transfer.size === null ? formatBytes(transfer.bytesDone) : formatPart(transfer.bytesDone, transfer.size);
  const fields: (readonly [string, string, Style?])[] = [
    ["transfer", transfer.id],
    ["name", transfer.name],
    ["state", stateText(transfer), ...styled(stateStyle(transfer.state))],
    ["", transfer.text],
    [transfer.direction === "down" ? "arrived" : "given", `${arrived}, ${donePercent(transfer) || "size unknown"}`],
    ["rate", isMoving(transfer) ? formatRate(transfer.rate) : ""],
    ["left", leftText(transfer)],
    ["priority", transfer.priority],
    ["peer", transfer.peer ?? ""],
    [
      "checked",
      transfer.verified === null ? "" : transfer.verified === "none" ? "no hash was known" : `${transfer.verified} ok`,
    ],
    ["saved", transfer.path ?? ""],
    ...transfer.urns.map((urn, i): readonly [string, string] => [i === 0 ? "urns" : "", urn]),
    ["added", transfer.addedAt],
    ["changed", transfer.changedAt],
  ];
  const sources = tableLines(transfer.sources, SOURCE_COLUMNS, layout);
  return [...fieldLines(fields, layout), ...(sources.length > 0 && !layout.isPlain ? [""] : []), ...sources];
}

function styled(style: Style | undefined): [] | [Style] {
  return style === undefined ? [] : [style];
}

const SOURCE_COLUMNS: readonly Column<Transfer["sources"][number]>[] = [
  { title: "SOURCE", value: ({ peer }) => peer },
  { title: "NETWORK", value: ({ network }) => network },
  { title: "STATE", value: sourceState, style: ({ state }) => stateStyle(state) },
  { title: "GAVE", value: ({ bytes }) => formatBytes(bytes), align: "right" },
  { title: "RATE", value: ({ rate }) => (rate > 0 ? formatRate(rate) : ""), align: "right", leaveOut: 2 },
  { title: "", value: ({ note }) => note, shrinkTo: 20, cut: "end", leaveOut: 1, style: () => "dim" },
];

function sourceState({ state, position }: Transfer["sources"][number]): string {
  return state === "queued" && position > 0 ? `queued at ${position}` : state;
}
