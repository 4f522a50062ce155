// `events`: what happens, as it happens.
import { ServentError } from "../../base/servent-error.ts";
import { withQuery } from "../client/daemon-client.ts";
import type { DaemonEvent } from "../client/shapes.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { cutEnd, padEnd, safeJson, visible } from "../terminal/text.ts";

export async function events(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const query = { types: input.text("types"), since: input.number("since") };
  const first = input.number("first") ?? Number.POSITIVE_INFINITY;
  let seen = 0;
  return stream(context, withQuery("/events", query), (event) => {
    if (screen.isJson) screen.json(event);
    else screen.line(eventLine(context, event));
    return ++seen < first;
  });
}

/** Hands over events until `onEvent` answers false, Ctrl-C, the time of --timeout, or the end of the daemon. */
export async function stream(
  context: Context,
  path: string,
  onEvent: (event: DaemonEvent) => boolean,
): Promise<ExitCode> {
  const { flags, interrupt, shell } = context;
  const daemon = await context.daemon();
  const clock = new AbortController();
  const timeUp = new AbortController();
  const { timeoutMs } = flags;
  if (timeoutMs !== undefined) void shell.sleep(timeoutMs, clock.signal).then(() => timeUp.abort());
  let lastId: number | null = null;
  try {
    for await (const event of daemon.events(path, AbortSignal.any([interrupt, timeUp.signal]))) {
      lastId = event.id ?? lastId;
      if (!onEvent(event)) return EXIT.done;
    }
  } finally {
    // Or the process would stay until the time is up.
    clock.abort();
  }
  if (interrupt.aborted) return EXIT.interrupted;
  if (timeUp.signal.aborted) return EXIT.limit;
  throw new ServentError(
    "not_reachable",
    "The daemon ended the stream.",
    lastId === null ? "See whether it runs with `servent status`." : `Go on with --since ${lastId}.`,
  );
}

const TYPE_COLUMNS = 17;

function eventLine({ screen }: Context, event: DaemonEvent): string {
  const id = event.id === null ? "-" : String(event.id);
  if (screen.isPlain) return [id, event.at, event.type, safeJson(event.data)].map(visible).join("\t");
  const head = `${id}  ${new Date(event.at).toTimeString().slice(0, 8)}`;
  const type = padEnd(visible(event.type), TYPE_COLUMNS);
  const room = Math.max(10, screen.layout.width - head.length - type.length - 4);
  const told = cutEnd(visible(fieldTexts(event.data).join("  ")), room);
  return `${screen.paint(head, "dim")}  ${screen.paint(type, "cyan")}  ${told}`;
}

/** `name=value` for everything that fits on a line: what an event tells of is an object, whose lists say little here. */
function fieldTexts(data: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    if (value === null || Array.isArray(value)) return [];
    if (typeof value === "object") return fieldTexts({ ...value });
    return `${name}=${typeof value === "string" && /^\S+$/.test(value) ? value : safeJson(value)}`;
  });
}
