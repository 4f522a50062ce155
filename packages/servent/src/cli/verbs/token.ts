// `token`: keys for programs and other machines.
import type { NewToken, Token } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import { counted } from "../terminal/units.ts";
import { LIST_LIMIT } from "./lists.ts";

export async function create(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const scopes = input.list("scope");
  const name = input.text("name");
  const expiresInMs = input.number("expires");
  const token = await context.change<NewToken>("POST", "/tokens", {
    scopes: scopes.length === 0 ? ["read"] : scopes,
    ...(name === undefined ? {} : { name }),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  });
  if (token === undefined) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.token/1", ...token });
  else screen.line(token.secret);
  screen.sum(`${token.id} may ${token.scopes.join(", ")}; the secret is not shown again`);
  return EXIT.done;
}

export async function list(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const page = await (await context.daemon()).list<Token>("/tokens", LIST_LIMIT);
  if (screen.isJson) screen.json(page);
  else screen.lines(tableLines(page.items, COLUMNS, screen.layout));
  if (page.items.length === 0) screen.sum("no tokens");
  return EXIT.done;
}

export async function revoke(context: Context, input: Input): Promise<ExitCode> {
  for (const id of input.operands) await context.change("DELETE", `/tokens/${encodeURIComponent(id)}`);
  if (context.flags.dryRun) return EXIT.done;
  if (context.screen.isJson) context.screen.json({ schema: "servent.removed/1", ids: input.operands });
  else context.screen.note(`${counted(input.operands.length, "token")} revoked`);
  return EXIT.done;
}

const COLUMNS: readonly Column<Token>[] = [
  { title: "ID", value: ({ id }) => id, style: () => "dim" },
  { title: "NAME", value: ({ name }) => name, shrinkTo: 10 },
  { title: "MAY", value: ({ scopes }) => scopes.join(","), shrinkTo: 10, cut: "end" },
  { title: "MADE", value: ({ createdAt }) => day(createdAt), leaveOut: 2 },
  { title: "USED", value: ({ usedAt }) => (usedAt === null ? "never" : day(usedAt)), leaveOut: 1 },
  { title: "EXPIRES", value: ({ expiresAt }) => (expiresAt === null ? "never" : day(expiresAt)) },
];

function day(time: string): string {
  return time.slice(0, 10);
}
