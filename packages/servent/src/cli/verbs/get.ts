// `get`: starts transfers; with --wait, stays until they end.
import path from "node:path";
import { ServentError } from "../../base/servent-error.ts";
import type { Transfer } from "../client/shapes.ts";
import { ProblemError } from "../client/problem-error.ts";
import type { DaemonClient } from "../client/daemon-client.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { doneParts, progressLines } from "../terminal/progress-line.ts";
import { cutMiddle, displayWidth, visible, wrapWords } from "../terminal/text.ts";
import { latestSearch } from "./search.ts";

const LOOK_EVERY_MS = 200;

type Created = Transfer & { readonly created: boolean };

export async function get(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const to = input.text("to");
  const priority = input.text("priority");
  const extra = {
    ...(to === undefined ? {} : { to: path.resolve(context.shell.cwd, to) }),
    ...(priority === undefined ? {} : { priority }),
  };
  const wishes: Wish[] = [];
  // All are understood before the first is started.
  for (const text of input.operands) wishes.push(await wishOf(text, daemon));
  const transfers: Created[] = [];
  for (const wish of wishes) {
    const created = await context.change<Created>("POST", "/transfers", { ...wish, ...extra });
    if (created !== undefined) transfers.push(created);
  }
  if (context.flags.dryRun) return EXIT.done;
  if (input.flag("wait")) return waitFor(context, daemon, transfers);
  if (screen.isJson) screen.json({ schema: "servent.transfers/1", items: transfers });
  for (const transfer of screen.isJson ? [] : transfers) {
    const parts = [transfer.id, transfer.name, transfer.created ? transfer.text : `already there: ${transfer.text}`];
    screen.line(parts.map(visible).join(screen.isPlain ? "\t" : "  "));
  }
  if (transfers.length > 0) screen.sum("see how far with `servent transfers ls`");
  return EXIT.done;
}

/** What the API takes in place of the words that were typed. */
type Wish =
  | { readonly hit: { readonly searchId: string; readonly number: number } }
  | { readonly urn: string }
  | { readonly magnet: string }
  | { readonly link: string };

async function wishOf(text: string, daemon: DaemonClient): Promise<Wish> {
  if (/^[1-9]\d{0,8}$/.test(text)) {
    return { hit: { searchId: (await latestSearch(daemon)).id, number: Number(text) } };
  }
  const [, searchId, number] = /^(s_[\w-]+):([1-9]\d{0,8})$/.exec(text) ?? [];
  if (searchId !== undefined) return { hit: { searchId, number: Number(number) } };
  if (/^urn:/i.test(text)) return { urn: text };
  if (/^magnet:/i.test(text)) return { magnet: text };
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return { link: text };
  throw new ServentError(
    "usage",
    `"${text}" names no file.`,
    "Give a number of the last search, search:number, a URN, a magnet or a link.",
  );
}

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

async function waitFor(context: Context, daemon: DaemonClient, started: readonly Transfer[]): Promise<ExitCode> {
  const { screen, shell, flags, interrupt } = context;
  const endAt = shell.now() + (flags.timeoutMs ?? Number.POSITIVE_INFINITY);
  let now = started;
  const told = new Set<string>();
  screen.startProgressClock();
  for (;;) {
    for (const transfer of now) {
      if (!ENDED.has(transfer.state) || told.has(transfer.id)) continue;
      told.add(transfer.id);
      tellEnd(context, transfer);
    }
    const open = now.filter(({ state }) => !ENDED.has(state));
    if (open.length === 0 || interrupt.aborted || shell.now() >= endAt) break;
    screen.progress(linesFor(context, open));
    await shell.sleep(LOOK_EVERY_MS, interrupt);
    now = await Promise.all(now.map((transfer) => (ENDED.has(transfer.state) ? transfer : look(daemon, transfer))));
  }
  screen.clearProgress();
  if (screen.isJson) screen.json({ schema: "servent.transfers/1", items: now });
  const open = now.filter(({ state }) => !ENDED.has(state));
  if (open.length > 0) {
    const which = open.length === 1 ? "The transfer goes" : `${open.length} transfers go`;
    const ids = open.map(({ id }) => id).join(", ");
    screen.note(`${which} on without you (${ids}). See \`servent transfers ls\`.`);
    return interrupt.aborted ? EXIT.interrupted : EXIT.limit;
  }
  return worstOf(now);
}

/** A transfer that was removed meanwhile counts as cancelled. */
async function look(daemon: DaemonClient, transfer: Transfer): Promise<Transfer> {
  try {
    return await daemon.read<Transfer>(`/transfers/${encodeURIComponent(transfer.id)}`);
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
    return { ...transfer, state: "cancelled", reason: "user", text: "It was removed from the transfers." };
  }
}

function linesFor({ screen }: Context, open: readonly Transfer[]): readonly string[] {
  const shown = open.slice(0, screen.liveRowsMax);
  const lines = progressLines(shown, screen.progressWidth);
  return open.length > shown.length ? [...lines.slice(0, -1), `… ${open.length - shown.length + 1} more`] : lines;
}

function tellEnd({ screen }: Context, transfer: Transfer): void {
  if (screen.isJson) return;
  const name = visible(transfer.name);
  const { paint, layout } = screen;
  if (transfer.state !== "done") {
    if (screen.isPlain) return screen.line([name, transfer.state, visible(transfer.text)].join("\t"));
    const room = Math.max(16, layout.width - transfer.state.length - 2);
    screen.line(`${cutMiddle(name, room)}  ${paint(transfer.state, "red")}`);
    screen.lines(wrapWords(visible(transfer.text), Math.max(20, layout.width - 2)).map((line) => `  ${line}`));
    screen.note(`  why: \`servent why ${transfer.id}\``);
    return;
  }
  const parts = doneParts(transfer);
  if (screen.isPlain) {
    screen.line([name, ...parts, `saved: ${visible(transfer.path ?? "")}`].join("\t"));
    return;
  }
  const rest = parts.join("  ");
  const painted = parts.map((part) => paint(part, styleOf(part))).join("  ");
  screen.line(`${cutMiddle(name, Math.max(16, layout.width - displayWidth(rest) - 2))}  ${painted}`);
  if (transfer.path !== null) screen.line(`saved: ${visible(transfer.path)}`);
}

function styleOf(part: string): "green" | "yellow" | undefined {
  if (part.endsWith(" ok")) return "green";
  return part.startsWith("unverified") ? "yellow" : undefined;
}

function worstOf(transfers: readonly Transfer[]): ExitCode {
  const bad = transfers.filter(({ state }) => state !== "done");
  if (bad.length === 0) return EXIT.done;
  return bad.some(({ reason }) => reason === "hash_mismatch") ? EXIT.unverified : EXIT.failed;
}
