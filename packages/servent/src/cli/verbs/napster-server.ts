// `napster-server`: an index server alone, in the foreground, and the accounts of one. It needs no daemon.
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Account, type Level, levelName, levelOf } from "@servent/overlay/protocols/napster/server/accounts.ts";
import { isNick } from "@servent/overlay/protocols/napster/nick.ts";
import { ServentError } from "../../base/servent-error.ts";
import { DEFAULT_PROFILE, makeProfileFolders, profilePaths } from "../../daemon/profile.ts";
import { AccountStore } from "../../napster-server/account-store.ts";
import { introducerUrlOf } from "../../joining/introducer-url.ts";
import { readGreeting } from "../../napster-server/greeting.ts";
import { readLinkFile } from "../../napster-server/link-file.ts";
import { readUnionFile } from "../../napster-server/union/union-file.ts";
import {
  checkServerPlaces,
  INDEX_SERVER,
  IndexServer,
  type IndexServerOptions,
} from "../../napster-server/index-server.ts";
import { openServerDatabase, readServerDatabase } from "../../napster-server/server-database.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { counted, formatBytes } from "../terminal/units.ts";
import { untilStopped } from "../until-stopped.ts";

/** A server lets a host guess six times a minute: a thousand hosts try all words of five small letters in a day, of six in a month. */
const PASSWORD_CHARS_LEAST = 6;

export async function napsterServer(context: Context, input: Input): Promise<ExitCode> {
  const options = optionsOf(context, input);
  if (context.plan(`be the index server "${options.name}": ${placesIn(options)}`)) return EXIT.done;
  return withDatabase(context, input, async (database) => {
    const server = new IndexServer({ ...options, database });
    await server.start();
    try {
      tellStart(context, server, options);
      await untilStopped(context, () => statusLine(server));
    } finally {
      await server.close();
    }
    return EXIT.done;
  });
}

export async function listAccounts(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  return withAccounts(context, input, async (store) => {
    const accounts = store.all();
    if (screen.isJson) screen.json({ schema: "servent.napster-accounts/1", items: accounts.map(accountDocument) });
    else {
      screen.lines(accounts.map(({ nick, level, email }) => `${nick}\t${levelName(level)}\t${email}`));
      screen.sum(counted(accounts.length, "account"));
    }
    return EXIT.done;
  });
}

/** The password is read from standard input, where no list of processes shows it. */
export async function addAccount(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const nick = input.operand(0);
  if (!isNick(nick)) throw new ServentError("usage", `"${nick}" is no nick.`, "Up to 19 letters, digits and signs.");
  const level = levelIn(input.text("level") ?? "user");
  return withAccounts(context, input, async (store) => {
    if (store.find(nick) !== undefined) throw taken(nick);
    if (context.plan(`add the account ${nick} as ${levelName(level)}`)) return EXIT.done;
    if (shell.stdinIsTerminal) screen.ask(`password of ${nick}: `);
    const password = (await shell.readLine()).trim();
    if (password === "") {
      throw new ServentError("invalid_value", "No password was given.", "It is read from standard input, one line.");
    }
    if (password.length < PASSWORD_CHARS_LEAST || /[\s"]/.test(password)) {
      throw new ServentError(
        "invalid_value",
        `A password has ${PASSWORD_CHARS_LEAST} characters or more, without blanks and quotes.`,
        "The protocol cannot carry others.",
      );
    }
    const email = input.text("email") ?? "";
    if (!(await store.add({ nick, email, level, lastSeen: 0 }, password))) throw taken(nick);
    screen.note(`${nick} is registered as ${levelName(level)}`);
    return EXIT.done;
  });
}

export async function setLevel(context: Context, input: Input): Promise<ExitCode> {
  const nick = input.operand(0);
  const level = levelIn(input.operand(1));
  return withAccounts(context, input, async (store) => {
    if (store.find(nick) === undefined) throw noAccount(nick);
    if (context.plan(`make ${nick} ${levelName(level)}`)) return EXIT.done;
    if (!store.setLevel(nick, level)) throw noAccount(nick);
    context.screen.note(`${nick} is ${levelName(level)} from the next login on`);
    return EXIT.done;
  });
}

export async function removeAccount(context: Context, input: Input): Promise<ExitCode> {
  const nick = input.operand(0);
  return withAccounts(context, input, async (store) => {
    if (store.find(nick) === undefined) throw noAccount(nick);
    if (context.plan(`remove the account ${nick}`)) return EXIT.done;
    await context.confirm(`Remove the account ${nick}?`);
    store.remove(nick);
    return EXIT.done;
  });
}

function optionsOf(context: Context, input: Input): Omit<IndexServerOptions, "database"> {
  const motd = input.text("motd");
  const certificateFile = input.text("cert");
  const keyFile = input.text("key");
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new ServentError("usage", "A certificate needs its key.", "Give both --cert and --key, or neither.");
  }
  const tls = input.text("tls") ?? null;
  if (input.flag("requireTls") && tls === null) {
    throw new ServentError("usage", "--require-tls needs a port for TLS.", "Add --tls 0.0.0.0:8889.");
  }
  if (input.flag("requireTls") && input.text("listen") !== undefined) {
    const hint = "Leave one of them out: --listen is where passwords come in clear text.";
    throw new ServentError("usage", "--require-tls leaves no port for --listen.", hint);
  }
  if (certificateFile !== undefined && tls === null) {
    throw new ServentError("usage", "A certificate needs a port for TLS.", "Add --tls 0.0.0.0:8889.");
  }
  if (input.list("servers").length > 0 && input.text("redirector") === undefined) {
    throw new ServentError("usage", "--servers needs a redirector that names them.", "Add --redirector 0.0.0.0:8875.");
  }
  const usersMax = input.number("users");
  const links = input.text("links");
  const union = input.text("union");
  const note = (text: string): void => context.screen.note(text);
  const options = {
    ...INDEX_SERVER,
    listen: input.flag("requireTls") ? null : (input.text("listen") ?? INDEX_SERVER.listen),
    tls,
    certificate:
      certificateFile === undefined || keyFile === undefined
        ? null
        : { certificateFile: fileOf(context, certificateFile), keyFile: fileOf(context, keyFile) },
    redirector: input.text("redirector") ?? null,
    servers: input.list("servers"),
    statistics: input.text("stats") ?? null,
    name: input.text("name") ?? INDEX_SERVER.name,
    motd: motd === undefined ? [] : readGreeting(fileOf(context, motd), note),
    registeredOnly: input.flag("registeredOnly"),
    links: links === undefined ? [] : readLinkFile(fileOf(context, links), note),
    union: union === undefined ? null : readUnionFile(fileOf(context, union), note),
    introducers: input.list("introducers").map(introducerUrlOf),
    onLink: note,
    onUnwritten: (error: unknown) => note(`the accounts could not be written down: ${String(error)}`),
    ...(usersMax === undefined ? {} : { usersMax }),
  };
  checkServerPlaces(options);
  return options;
}

/** Where it would listen. */
function placesIn({ listen, tls, redirector, statistics }: Omit<IndexServerOptions, "database">): string {
  const places = [
    ["clear text", listen],
    ["TLS", tls],
    ["redirector", redirector],
    ["statistics", statistics],
  ] as const;
  return places.flatMap(([name, place]) => (place === null ? [] : [`${name} at ${place}`])).join(", ");
}

function tellStart(
  { screen }: Context,
  server: IndexServer,
  { links, union }: Omit<IndexServerOptions, "database">,
): void {
  const { clear, tls, redirector, statistics } = server.places;
  if (screen.isJson) {
    screen.json({
      schema: "servent.napster-server/1",
      clear,
      tls,
      fingerprint: server.fingerprint,
      redirector,
      statistics,
      links: links.map((link) => link.name),
      union: union?.by ?? null,
    });
    return;
  }
  const places = [
    ["clear text", clear],
    ["TLS", tls],
    ["fingerprint", server.fingerprint],
    ["redirector", redirector],
    ["statistics", statistics],
  ] as const;
  for (const [name, place] of places) if (place !== null) screen.line(`${name}\t${place}`);
  if (clear !== null) screen.note("passwords cross the clear text port readably: that is how the protocol is");
  screen.note("index server; Ctrl-C ends it");
}

function statusLine(server: IndexServer): string {
  const { users, files, bytes, searches, linked, redirected } = server.status();
  const own = `${counted(users, "user")}, ${counted(files, "file")}, ${formatBytes(bytes)}, ${counted(searches, "search", "searches")}`;
  const line =
    linked.servers === 0
      ? own
      : `${own}; ${counted(linked.servers, "linked server")} with ${counted(linked.users, "user")}`;
  return redirected === null ? line : `${line}; ${redirected.alive} of ${redirected.known} servers answer`;
}

async function withAccounts(
  context: Context,
  input: Input,
  work: (store: AccountStore) => Promise<ExitCode>,
): Promise<ExitCode> {
  return withDatabase(context, input, async (database) => {
    // Nobody waits for what is written beside the answer.
    const onUnwritten = (error: unknown): void => context.screen.note(`not written down: ${String(error)}`);
    return work(new AccountStore(database, false, onUnwritten));
  });
}

/** A running server sees what changes here with the next login. */
async function withDatabase(
  context: Context,
  input: Input,
  work: (database: DatabaseSync) => Promise<ExitCode>,
): Promise<ExitCode> {
  const file = databaseFile(context, input);
  const database = context.flags.dryRun ? readServerDatabase(file) : openServerDatabase(file);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

function databaseFile(context: Context, input: Input): string {
  const file = input.text("accounts");
  if (file !== undefined) return fileOf(context, file);
  const paths = profilePaths({ profile: context.flags.profile ?? DEFAULT_PROFILE, env: context.shell.env });
  if (!context.flags.dryRun) makeProfileFolders(paths);
  return path.join(paths.data, "napster-server.db");
}

function fileOf({ shell }: Context, name: string): string {
  return path.resolve(shell.cwd, name);
}

function accountDocument({ nick, email, level, lastSeen }: Account): object {
  return {
    nick,
    email,
    level: levelName(level).toLowerCase(),
    lastSeen: lastSeen === 0 ? null : new Date(lastSeen * 1000).toISOString(),
  };
}

function levelIn(text: string): Level {
  const level = levelOf(text);
  if (level === undefined) {
    throw new ServentError("usage", `"${text}" is no level.`, "Known are leech, user, moderator, admin, elite.");
  }
  return level;
}

function taken(nick: string): ServentError {
  const hint = "Remove it first, or choose another nick.";
  return new ServentError("conflict", `There is an account ${nick} already.`, hint);
}

function noAccount(nick: string): ServentError {
  return new ServentError("not_found", `There is no account ${nick}.`, "See `servent napster-server accounts`.");
}
