// `share`: the folders that we offer.
import path from "node:path";
import { ServentError } from "../../base/servent-error.ts";
import type { DaemonClient } from "../client/daemon-client.ts";
import type { Page, Share, SharePreview, ShareProblem } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import type { Screen } from "../terminal/screen.ts";
import { visible } from "../terminal/text.ts";
import { counted, formatBytes, formatCount, formatPercent } from "../terminal/units.ts";
import { LIST_LIMIT } from "./lists.ts";

/** Examples that a preview prints of each kind; --json has all that the daemon told. */
const PREVIEW_ROWS = 10;

export async function add(context: Context, input: Input): Promise<ExitCode> {
  if (context.flags.dryRun) return preview(context, input);
  const { screen } = context;
  const share = await context.change<Share & { readonly created: boolean }>(
    "POST",
    "/shares",
    requestOf(context, input),
  );
  if (share === undefined) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.share/1", ...share });
  else screen.lines(tableLines([share], COLUMNS, screen.layout));
  screen.sum(share.created ? "offered as soon as it is hashed: `servent share ls`" : "it was shared before");
  return EXIT.done;
}

export async function list(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const page = await readShares(await context.daemon());
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  if (page.items.length === 0) {
    screen.sum("You share nothing. That is fine; some peers will serve you last. `servent share add DIR` changes it.");
  }
  for (const { watched, watchNote, as } of page.items) {
    if (!watched && watchNote !== "") screen.sum(`${as}: ${watchNote}`);
  }
  return EXIT.done;
}

export async function remove(context: Context, input: Input): Promise<ExitCode> {
  const shares = await chosen(await context.daemon(), input.operands);
  for (const { id } of shares) await context.change("DELETE", `/shares/${encodeURIComponent(id)}`);
  if (context.flags.dryRun) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.removed/1", ids: shares.map(({ id }) => id) });
  else context.screen.note(`${shares.map(({ as }) => as).join(", ")}: no longer offered`);
  return EXIT.done;
}

export async function scan(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const shares = await chosen(await context.daemon(), input.operands);
  const scanned: Share[] = [];
  for (const { id } of shares) {
    const share = await context.change<Share>("POST", `/shares/${encodeURIComponent(id)}/scan`);
    if (share !== undefined) scanned.push(share);
  }
  if (context.flags.dryRun) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.shares/1", items: scanned });
  else screen.lines(tableLines(scanned, COLUMNS, screen.layout));
  return EXIT.done;
}

export async function check(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const problems: (ShareProblem & { readonly share: string })[] = [];
  for (const { id, as } of await chosen(daemon, input.operands)) {
    const page = await daemon.list<ShareProblem>(`/shares/${encodeURIComponent(id)}/problems`, LIST_LIMIT);
    problems.push(...page.items.map((problem) => ({ share: as, ...problem })));
  }
  if (screen.isJson) screen.json({ schema: "servent.problems/1", items: problems });
  else screen.lines(tableLines(problems, PROBLEM_COLUMNS, screen.layout));
  screen.sum(problems.length === 0 ? "no problems" : counted(problems.length, "problem"));
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

export async function preview(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const seen = await daemon.send<SharePreview>("POST", "/shares/preview", requestOf(context, input));
  if (screen.isJson) screen.json({ schema: "servent.preview/1", ...seen });
  else showPreview(context, seen);
  return EXIT.done;
}

function showPreview({ screen }: Context, seen: SharePreview): void {
  const { largest, excluded } = seen;
  const most = seen.truncated ? "more than " : "";
  screen.line(
    visible(`${seen.path}: ${most}${counted(seen.files, "file")}, ${formatBytes(seen.bytes)} would be visible`),
  );
  showSome(screen, "largest", largest, LARGEST_COLUMNS);
  showSome(screen, "left out", excluded, EXCLUDED_COLUMNS);
}

function showSome<Row>(screen: Screen, title: string, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  if (rows.length === 0) return;
  const shown = rows.slice(0, PREVIEW_ROWS);
  const count = shown.length < rows.length ? ` (${shown.length} of ${formatCount(rows.length)})` : "";
  if (!screen.isPlain) screen.lines(["", screen.paint(`${title}${count}`, "bold")]);
  const lines = tableLines(shown, columns, screen.layout);
  screen.lines(screen.isPlain ? lines.map((line) => `${title}\t${line}`) : lines.slice(1));
}

function requestOf({ shell }: Context, input: Input): Readonly<Record<string, unknown>> {
  const as = input.text("as");
  const exclude = input.list("exclude");
  return {
    path: path.resolve(shell.cwd, input.operand(0)),
    ...(as === undefined ? {} : { as }),
    ...(exclude.length === 0 ? {} : { exclude }),
  };
}

function readShares(daemon: DaemonClient): Promise<Page<Share>> {
  return daemon.list<Share>("/shares", LIST_LIMIT);
}

/** Shares by id, by the name that peers see, or by folder; all where none is named. */
async function chosen(daemon: DaemonClient, names: readonly string[]): Promise<readonly Share[]> {
  const { items } = await readShares(daemon);
  if (names.length === 0) return items;
  return names.map((name) => {
    const share = items.find((each) => each.id === name || each.as === name || each.path === path.resolve(name));
    if (share === undefined) {
      throw new ServentError("not_found", `There is no share "${name}".`, "`servent share ls` lists them.");
    }
    return share;
  });
}

const COLUMNS: readonly Column<Share>[] = [
  { title: "ID", value: ({ id }) => id, style: () => "dim", leaveOut: 3 },
  { title: "NAME", value: ({ as }) => as, shrinkTo: 10 },
  { title: "FILES", value: ({ files }) => formatCount(files), align: "right" },
  { title: "SIZE", value: ({ bytes }) => formatBytes(bytes), align: "right" },
  { title: "STATE", value: stateOf, style: ({ progress }) => stateStyle(progress.state) },
  { title: "PROBLEMS", value: problemCount, align: "right", style: () => "yellow", leaveOut: 1 },
  { title: "FOLDER", value: (share) => share.path, shrinkTo: 16, leaveOut: 2 },
];

function stateOf({ progress, scannedAt }: Share): string {
  if (progress.state === "scanning") return `scanning: ${formatCount(progress.filesFound)} files`;
  if (progress.state === "hashing") return `hashing: ${formatPercent(progress.bytesHashed, progress.bytesToHash)}`;
  return scannedAt === null ? "not scanned yet" : "offered";
}

function problemCount({ problems }: Share): string {
  return problems === 0 ? "" : formatCount(problems);
}

const LARGEST_COLUMNS: readonly Column<SharePreview["largest"][number]>[] = [
  { title: "", value: ({ size }) => formatBytes(size), align: "right" },
  { title: "", value: (file) => file.path, shrinkTo: 16 },
];

const EXCLUDED_COLUMNS: readonly Column<SharePreview["excluded"][number]>[] = [
  { title: "", value: (file) => file.path, shrinkTo: 16 },
  { title: "", value: ({ why }) => why, shrinkTo: 12, cut: "end", style: () => "dim" },
];

const PROBLEM_COLUMNS: readonly Column<ShareProblem & { readonly share: string }>[] = [
  { title: "SHARE", value: ({ share }) => share, shrinkTo: 8 },
  { title: "FILE", value: (problem) => problem.path, shrinkTo: 16 },
  { title: "PROBLEM", value: ({ text }) => text, shrinkTo: 20, cut: "end", style: () => "yellow" },
];
