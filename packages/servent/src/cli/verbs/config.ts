// `config` of the running daemon: values, origins, changes.
import { ServentError } from "../../base/servent-error.ts";
import type { Page, Setting } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type Column, tableLines } from "../terminal/table.ts";
import { counted } from "../terminal/units.ts";

/** There are about a hundred keys. */
const SETTINGS_MAX = 10_000;

export async function list(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const prefix = input.operands[0] ?? "";
  const page = await readSettings(context);
  const items = page.items.filter(
    ({ key, origin }) => isBelow(key, prefix) && (!input.flag("changed") || origin !== "default"),
  );
  if (screen.isJson) screen.json({ ...page, items, total: items.length });
  else screen.lines(tableLines(items, COLUMNS, screen.layout));
  if (items.length === 0) screen.sum("no such settings");
  if (items.some(({ restartPending }) => restartPending)) screen.sum("* waits for a restart of the daemon");
  return EXIT.done;
}

export async function get(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const key = input.operand(0);
  const setting = (await readSettings(context)).items.find((each) => each.key === key);
  if (setting === undefined) {
    throw new ServentError("unknown_key", `There is no key ${key}.`, "`servent config list` shows all keys.");
  }
  if (screen.isJson) screen.json({ schema: "servent.setting/1", ...setting });
  else screen.line(valueText(setting.value));
  return EXIT.done;
}

export async function set(context: Context, input: Input): Promise<ExitCode> {
  return change(context, { [input.operand(0)]: valueOf(input.operand(1)) });
}

export async function unset(context: Context, input: Input): Promise<ExitCode> {
  return change(context, Object.fromEntries(input.operands.map((key) => [key, null])));
}

export async function schema(context: Context): Promise<ExitCode> {
  const { settingsSchema } = await import("../../config/settings.ts");
  if (context.screen.isJson) context.screen.json(settingsSchema());
  else context.screen.line(JSON.stringify(settingsSchema(), undefined, 2));
  return EXIT.done;
}

export async function reload(context: Context): Promise<ExitCode> {
  const { screen } = context;
  const answer = await context.change<{ readonly changed: readonly string[] }>("POST", "/system/reload");
  if (answer === undefined) return EXIT.done;
  if (screen.isJson) screen.json({ schema: "servent.reload/1", ...answer });
  else screen.lines(answer.changed);
  screen.sum(answer.changed.length === 0 ? "nothing changed" : `${counted(answer.changed.length, "setting")} changed`);
  return EXIT.done;
}

async function change(context: Context, values: Readonly<Record<string, unknown>>): Promise<ExitCode> {
  const { screen } = context;
  const answer = await context.change<unknown>("PATCH", "/settings", values);
  if (answer === undefined) return EXIT.done;
  const keys = new Set(Object.keys(values));
  const page = await readSettings(context);
  const items = page.items.filter(({ key }) => keys.has(key));
  if (screen.isJson) screen.json({ schema: "servent.settings/1", items });
  else screen.lines(tableLines(items, COLUMNS, screen.layout));
  if (items.some(({ restartPending }) => restartPending)) screen.sum("* waits for a restart of the daemon");
  return EXIT.done;
}

async function readSettings(context: Context): Promise<Page<Setting>> {
  return (await context.daemon()).list<Setting>("/settings", SETTINGS_MAX);
}

/** `net` means `net.proxy` and its like, not `network.…`. */
function isBelow(key: string, prefix: string): boolean {
  return prefix === "" || key === prefix || key.startsWith(prefix.endsWith(".") ? prefix : `${prefix}.`);
}

/** What was typed, as JSON where it is JSON, else as the text it is: 4, true, ["a"], 500kB. */
function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const COLUMNS: readonly Column<Setting>[] = [
  { title: "KEY", value: ({ key, restartPending }) => `${key}${restartPending ? " *" : ""}` },
  { title: "VALUE", value: ({ value }) => valueText(value), shrinkTo: 16, cut: "end", style: valueStyle },
  { title: "ORIGIN", value: ({ origin }) => origin, shrinkTo: 10, style: () => "dim" },
  { title: "DEFAULT", value: defaultText, shrinkTo: 8, cut: "end", leaveOut: 1, style: () => "dim" },
];

function valueStyle({ origin }: Setting): "bold" | undefined {
  return origin === "default" ? undefined : "bold";
}

/** Only where it says something new. */
function defaultText({ origin, default: fallback }: Setting): string {
  return origin === "default" ? "" : valueText(fallback);
}
