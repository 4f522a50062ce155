// `files`: what we offer, as peers see it.
import { withQuery } from "../client/daemon-client.ts";
import type { KnownFile } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type Column, fieldLines, tableLines } from "../terminal/table.ts";
import { formatBytes, formatCount } from "../terminal/units.ts";
import { LIST_LIMIT, sumLine } from "./lists.ts";

export async function list(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const filter = input.operands.length === 0 ? undefined : input.operands.join(" ");
  const daemon = await context.daemon();
  const page = await daemon.list<KnownFile>(withQuery("/files", { filter }), input.number("limit") ?? LIST_LIMIT);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  screen.sum(page.items.length === 0 ? "no files" : sumLine(page, "file"));
  return EXIT.done;
}

export async function show(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const daemon = await context.daemon();
  const files: KnownFile[] = [];
  for (const index of input.operands) files.push(await daemon.read<KnownFile>(`/files/${encodeURIComponent(index)}`));
  if (screen.isJson) screen.json({ schema: "servent.files/1", items: files });
  else files.forEach((file, i) => screen.lines([...(i > 0 ? [""] : []), ...fullLines(context, file)]));
  return EXIT.done;
}

const COLUMNS: readonly Column<KnownFile>[] = [
  { title: "INDEX", value: ({ index }) => String(index), align: "right", style: () => "dim" },
  { title: "NAME", value: ({ path }) => path, shrinkTo: 20 },
  { title: "SIZE", value: ({ size }) => formatBytes(size), align: "right" },
  { title: "SHA-1", value: sha1Of, leaveOut: 1, style: () => "dim" },
];

function sha1Of({ urns }: KnownFile): string {
  return urns.find((urn) => urn.startsWith("urn:sha1:"))?.slice("urn:sha1:".length) ?? "not hashed yet";
}

function fullLines({ screen }: Context, file: KnownFile): readonly string[] {
  return fieldLines(
    [
      ["index", String(file.index)],
      ["name", file.name],
      ["seen as", file.path],
      ["size", `${formatBytes(file.size)} (${formatCount(file.size)} bytes)`],
      ["share", file.shareId],
      ["modified", file.modifiedAt],
      ["shared", file.sharedAt],
      ...file.urns.map((urn, i): readonly [string, string] => [i === 0 ? "urns" : "", urn]),
    ],
    screen.layout,
  );
}
