// `logs`: what the daemon wrote down.
import { withQuery } from "../client/daemon-client.ts";
import type { DaemonEvent, LogEntry, Page } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import type { Style } from "../terminal/colours.ts";
import { padEnd, safeJson, visible } from "../terminal/text.ts";
import { stream } from "./events.ts";

const LEVELS = ["debug", "info", "warn", "error"];

export async function logs(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const level = input.text("level");
  const area = input.text("area");
  const query = { level, area, limit: input.number("limit") };
  const page = await (await context.daemon()).read<Page<LogEntry>>(withQuery("/logs", query));
  const isFollowed = input.flag("follow");
  if (screen.isJson && !isFollowed) screen.json(page);
  else for (const entry of page.items) tell(context, entry);
  if (!isFollowed) return EXIT.done;
  // An entry that comes between the two questions is missed rather than told twice.
  return stream(context, withQuery("/events", { types: "log" }), ({ data }) => {
    const entry = entryOf(data);
    if (entry === undefined || (area !== undefined && entry.area !== area)) return true;
    if (LEVELS.indexOf(entry.level) >= LEVELS.indexOf(level ?? "debug")) tell(context, entry);
    return true;
  });
}

/** The entry in a `log` event, or undefined where it has none. */
function entryOf({ entry }: DaemonEvent["data"]): LogEntry | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const told: Partial<LogEntry> = entry;
  const { at = "", level = "info", area = "", message = "", fields = {} } = told;
  return { at, level, area, message, fields };
}

const LEVEL_STYLES: Readonly<Record<LogEntry["level"], Style | undefined>> = {
  debug: "dim",
  info: undefined,
  warn: "yellow",
  error: "red",
};

function tell({ screen }: Context, entry: LogEntry): void {
  if (screen.isJson) return screen.json(entry);
  const fields = Object.entries(entry.fields).map(([name, value]) => `${name}=${safeJson(value)}`);
  const { paint, isPlain } = screen;
  if (isPlain) {
    return screen.line([entry.at, entry.level, entry.area, entry.message, ...fields].map(visible).join("\t"));
  }
  // A log line is told whole: what is cut off is what one looks for.
  screen.line(
    [
      paint(new Date(entry.at).toTimeString().slice(0, 8), "dim"),
      paint(padEnd(entry.level, 5), LEVEL_STYLES[entry.level]),
      paint(padEnd(visible(entry.area), 9), "dim"),
      visible(entry.message),
      ...(fields.length === 0 ? [] : [paint(visible(fields.join(" ")), "dim")]),
    ].join("  "),
  );
}
