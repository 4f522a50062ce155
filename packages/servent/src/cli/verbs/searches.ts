// `searches`: those that were made.
import type { Search } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { stateStyle } from "../terminal/colours.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import { counted, formatBytes, formatCount, formatSpan } from "../terminal/units.ts";
import { LIST_LIMIT, sumLine } from "./lists.ts";

export async function list(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const page = await (await context.daemon()).list<Search>("/searches", input.number("limit") ?? LIST_LIMIT);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, columnsAt(shell.now()), screen.layout));
  screen.sum(page.items.length === 0 ? "no searches: `servent search tide`" : sumLine(page, "search", "searches"));
  return EXIT.done;
}

export async function stop(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const stopped: Search[] = [];
  for (const id of input.operands) {
    const search = await context.change<Search>("POST", `/searches/${encodeURIComponent(id)}/stop`);
    if (search !== undefined) stopped.push(search);
  }
  if (context.flags.dryRun) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.searches/1", items: stopped });
  else screen.note(`${counted(stopped.length, "search", "searches")} stopped`);
  return EXIT.done;
}

export async function remove(context: Context, input: Input): Promise<ExitCode> {
  for (const id of input.operands) await context.change("DELETE", `/searches/${encodeURIComponent(id)}`);
  if (context.flags.dryRun) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.removed/1", ids: input.operands });
  else context.screen.note(`${counted(input.operands.length, "search", "searches")} forgotten`);
  return EXIT.done;
}

function columnsAt(now: number): readonly Column<Search>[] {
  return [
    { title: "ID", value: ({ id }) => id, style: () => "dim" },
    { title: "WORDS", value: ({ words, urn }) => (words === "" ? (urn ?? "") : words), shrinkTo: 12 },
    { title: "STATE", value: ({ state }) => state, style: ({ state }) => stateStyle(state) },
    { title: "FILES", value: ({ files }) => formatCount(files), align: "right" },
    { title: "HITS", value: ({ hits }) => formatCount(hits), align: "right", leaveOut: 1 },
    { title: "NETWORKS", value: ({ networks }) => String(networks.length), align: "right", leaveOut: 3 },
    {
      title: "COST",
      value: ({ messages, bytes }) => `${counted(messages, "message")}, ${formatBytes(bytes)}`,
      align: "right",
      leaveOut: 2,
    },
    {
      title: "AGO",
      value: ({ startedAt }) => formatSpan(now - Date.parse(startedAt)),
      align: "right",
      style: () => "dim",
    },
  ];
}
