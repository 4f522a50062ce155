// Verbs that start, stop and watch the daemon.
import { ServentError } from "../../base/servent-error.ts";
import { countOption, parseList, spanOption } from "../input.ts";
import type { Verb } from "../verb.ts";

const group = "The daemon";

const ACCOUNTS_FILE = { flags: "--accounts <file>", summary: "where accounts are kept (in the profile)" };

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
    name: "introducer",
    group,
    summary: "tell peers of each other, in the foreground; needs no daemon",
    examples: [
      "introducer",
      "introducer --listen 0.0.0.0:7391 --state /var/lib/servent/peers.json",
      "introducer --hand-on https://peers.example",
    ],
    options: [
      { flags: "--listen <address:port>", summary: "where it answers HTTP, in digits (0.0.0.0:7391)" },
      { flags: "--hand-on <url>", summary: "send everybody on to this introducer" },
      { flags: "--other <url>", summary: "name this introducer to whoever asks; may be repeated", isRepeated: true },
      { flags: "--allow <block>", summary: "take private peers like 10.0.0.0/8; may be repeated", isRepeated: true },
      { flags: "--proxy <block>", summary: "believe this reverse proxy; may be repeated", isRepeated: true },
      { flags: "--state <file>", summary: "keep the peers here over a restart" },
      { flags: "--check-every <span>", summary: "look this often whether a peer is there (5m)", parse: spanOption },
    ],
    waits: true,
    run: async (context, input) => (await import("../verbs/introducer.ts")).introducer(context, input),
  },
  {
    name: "napster-server",
    group,
    summary: "a Napster index server, in the foreground; needs no daemon",
    examples: [
      "napster-server --listen 127.0.0.1:8888",
      "napster-server --tls 0.0.0.0:8889 --require-tls --registered-only",
      "napster-server --redirector 0.0.0.0:8875 --servers 10.0.0.5:8888,10.0.0.6:8888",
      "napster-server accounts add anna --level admin",
    ],
    otherwise: "run",
    verbs: [
      {
        name: "run",
        summary: "what happens where no verb is named",
        examples: ["napster-server run --name harbour --motd motd.txt"],
        options: [
          {
            flags: "--listen <address:port>",
            summary: "where it takes clients in clear text, in digits (0.0.0.0:8888)",
          },
          { flags: "--tls <address:port>", summary: "where it takes clients that speak TLS" },
          { flags: "--require-tls", summary: "no port for clear text" },
          { flags: "--cert <file>", summary: "certificate for TLS, PEM; one of our own where absent" },
          { flags: "--key <file>", summary: "its private key, PEM" },
          { flags: "--registered-only", summary: "only who has an account may log in" },
          { flags: "--users <n>", summary: "users at the same time (1000)", parse: countOption },
          { flags: "--name <name>", summary: "what it is called (servent)" },
          { flags: "--motd <file>", summary: "greeting for whoever logs in" },
          { flags: "--redirector <address:port>", summary: "where it names servers to whoever asks" },
          { flags: "--servers <a,b>", summary: "the servers that are named (this one)", parse: parseList },
          { flags: "--stats <address:port>", summary: "where it tells its numbers to whoever asks" },
          { flags: "--links <file>", summary: "OpenNap servers to link with, and their passwords" },
          { flags: "--union <file>", summary: "how the other servers of our own union are reached" },
          { flags: "--introducers <a,b>", summary: "URLs of introducers that may send clients here", parse: parseList },
          ACCOUNTS_FILE,
        ],
        waits: true,
        run: async (context, input) => (await import("../verbs/napster-server.ts")).napsterServer(context, input),
      },
      {
        name: "accounts",
        summary: "who is registered, and as what",
        examples: ["napster-server accounts", "napster-server accounts level anna moderator"],
        otherwise: "ls",
        verbs: [
          {
            name: "ls",
            summary: "all accounts",
            examples: ["napster-server accounts ls"],
            options: [ACCOUNTS_FILE],
            run: async (context, input) => (await import("../verbs/napster-server.ts")).listAccounts(context, input),
          },
          {
            name: "add",
            operands: "<nick>",
            summary: "a new account; its password is read from standard input",
            examples: ["napster-server accounts add anna --level admin"],
            options: [
              { flags: "--level <level>", summary: "leech, user, moderator, admin or elite (user)" },
              { flags: "--email <address>", summary: "its e-mail address" },
              ACCOUNTS_FILE,
            ],
            run: async (context, input) => (await import("../verbs/napster-server.ts")).addAccount(context, input),
          },
          {
            name: "level",
            operands: "<nick> <level>",
            summary: "make somebody a moderator, or a user again",
            examples: ["napster-server accounts level anna moderator"],
            options: [ACCOUNTS_FILE],
            run: async (context, input) => (await import("../verbs/napster-server.ts")).setLevel(context, input),
          },
          {
            name: "rm",
            operands: "<nick>",
            summary: "remove an account",
            examples: ["napster-server accounts rm anna --yes"],
            options: [ACCOUNTS_FILE],
            run: async (context, input) => (await import("../verbs/napster-server.ts")).removeAccount(context, input),
          },
        ],
      },
    ],
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
