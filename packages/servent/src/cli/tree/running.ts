// Verbs that start, stop and watch the daemon.
import { ServentError } from "../../base/servent-error.ts";
import { countOption, spanOption } from "../input.ts";
import type { Verb } from "../verb.ts";

const group = "The daemon";

export const RUNNING: readonly Verb[] = [
  {
    name: "up",
    group,
    summary: "start the daemon, in the foreground",
    examples: ["up --demo", "up --detach", "up --set http.listen=127.0.0.1:8080"],
    options: [
      { flags: "--demo", summary: "two dozen servents on loopback to play with; no internet traffic" },
      { flags: "--detach", summary: "go on in the background once it is ready" },
      { flags: "--open", summary: "open the page in the browser" },
      { flags: "--set <key=value>", summary: "a setting for this run; may be repeated", isRepeated: true },
    ],
    run: async (context, input) => (await import("../verbs/up.ts")).up(context, input),
  },
  {
    name: "down",
    group,
    summary: "stop the daemon",
    examples: ["down"],
    waits: true,
    run: async (context) => (await import("../verbs/down.ts")).down(context),
  },
  {
    name: "status",
    group,
    summary: "what the daemon is doing",
    examples: ["status", "status --watch"],
    options: [
      { flags: "-w, --watch", summary: "go on showing it until Ctrl-C" },
      { flags: "--every <span>", summary: "how often with --watch (1s)", parse: spanOption },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/status.ts")).status(context, input),
  },
  {
    name: "open",
    group,
    summary: "a login link for the page, good for one use",
    examples: ["open", "open --print"],
    options: [{ flags: "--print", summary: "do not open it, even where there is a desktop" }],
    run: async (context, input) => (await import("../verbs/open.ts")).open(context, input),
  },
  {
    name: "events",
    group,
    summary: "everything that happens, as it happens",
    examples: ["events", "events --types 'transfer.*,search.hit' --json", "events --since 812"],
    options: [
      { flags: "--types <a,b>", summary: "only these; * at the end: all that begin so" },
      { flags: "--since <id>", summary: "first what happened after this event", parse: parseEventId },
      { flags: "--first <n>", summary: "end after so many", parse: countOption },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/events.ts")).events(context, input),
  },
  {
    name: "logs",
    group,
    summary: "what the daemon wrote down, newest last",
    examples: ["logs", "logs -f --level warn", "logs --area transfers --limit 20"],
    options: [
      { flags: "-f, --follow", summary: "go on with what comes" },
      { flags: "--level <level>", summary: "this and worse", choices: ["debug", "info", "warn", "error"] },
      { flags: "--area <name>", summary: "only this part of the program" },
      { flags: "--limit <n>", summary: "so many (100)", parse: countOption },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/logs.ts")).logs(context, input),
  },
  {
    name: "doctor",
    group,
    summary: "look for what is wrong, each with a fix",
    examples: ["doctor"],
    run: async (context) => (await import("../verbs/doctor.ts")).doctor(context),
  },
];

function parseEventId(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new ServentError("usage", `"${text}" is no id of an event.`, "See `servent events`.");
  return Number(text);
}
