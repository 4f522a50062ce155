// `napster-server`: an index server alone, in the foreground, and the accounts of one. It needs no daemon.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Level, levelName, levelOf } from "@servent/overlay/protocols/napster/server/accounts.ts";
import { isNick } from "@servent/overlay/protocols/napster/nick.ts";
import { ServentError } from "../../base/servent-error.ts";
import { DEFAULT_PROFILE, makeProfileFolders, profilePaths } from "../../daemon/profile.ts";
import { AccountStore } from "../../napster-server/account-store.ts";
import { readLinkFile } from "../../napster-server/link-file.ts";
import { readUnionFile } from "../../napster-server/union/union-file.ts";
import { INDEX_SERVER, IndexServer, type IndexServerOptions } from "../../napster-server/index-server.ts";
import { openServerDatabase } from "../../napster-server/server-database.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { counted, formatBytes } from "../terminal/units.ts";

const STATUS_EVERY_MS = 1000;
/** The protocol's text fields end at a line, and clients show no more. */
const PASSWORD_CHARS_LEAST = 6;

export async function napsterServer(context: Context, input: Input): Promise<ExitCode> {
  const { screen, shell } = context;
  const terminated = new AbortController();
  process.once("SIGTERM", () => terminated.abort());
  const interrupt = AbortSignal.any([context.interrupt, terminated.signal]);
  return withDatabase(context, input, async (database) => {
    const server = new IndexServer(optionsOf(context, input, database));
    await server.start();
    try {
      tellPlaces(context, server);
      while (!interrupt.aborted) {
        screen.progress([statusLine(server)]);
        await shell.sleep(STATUS_EVERY_MS, interrupt);
      }
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
    if (screen.isJson) screen.json({ schema: "servent.napster-accounts/1", accounts });
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
    if (shell.stdinIsTerminal) screen.ask(`password of ${nick}: `);
    const password = (await shell.readLine()).trim();
    if (password.length < PASSWORD_CHARS_LEAST || /[\s"]/.test(password)) {
      throw new ServentError(
        "invalid_value",
        `A password has ${PASSWORD_CHARS_LEAST} characters or more, without blanks and quotes.`,
        "The protocol cannot carry others.",
      );
    }
    const email = input.text("email") ?? "";
    if (!(await store.add({ nick, email, level, lastSeen: 0 }, password))) {
      throw new ServentError(
        "conflict",
        `There is an account ${nick} already.`,
        "Remove it first, or choose another nick.",
      );
    }
    screen.note(`${nick} is registered as ${levelName(level)}`);
    return EXIT.done;
  });
}

export async function setLevel(context: Context, input: Input): Promise<ExitCode> {
  const nick = input.operand(0);
  const level = levelIn(input.operand(1));
  return withAccounts(context, input, async (store) => {
    if (!store.setLevel(nick, level)) throw noAccount(nick);
    context.screen.note(`${nick} is ${levelName(level)} from the next login on`);
    return EXIT.done;
  });
}

export async function removeAccount(context: Context, input: Input): Promise<ExitCode> {
  const nick = input.operand(0);
  return withAccounts(context, input, async (store) => {
    if (store.find(nick) === undefined) throw noAccount(nick);
    await context.confirm(`Remove the account ${nick}?`);
    store.remove(nick);
    return EXIT.done;
  });
}

function optionsOf(context: Context, input: Input, database: DatabaseSync): IndexServerOptions {
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
  const usersMax = input.number("users");
  const links = input.text("links");
  const union = input.text("union");
  return {
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
    database,
    name: input.text("name") ?? INDEX_SERVER.name,
    motd: motd === undefined ? [] : readLines(fileOf(context, motd)),
    registeredOnly: input.flag("registeredOnly"),
    links: links === undefined ? [] : readLinkFile(fileOf(context, links)),
    union: union === undefined ? null : readUnionFile(fileOf(context, union)),
    introducers: input.list("introducers"),
    onLink: (news) => context.screen.note(news),
    onUnwritten: (error) => context.screen.note(`the accounts could not be written down: ${String(error)}`),
    ...(usersMax === undefined ? {} : { usersMax }),
  };
}

function tellPlaces({ screen }: Context, server: IndexServer): void {
  const { clear, tls, redirector, statistics } = server.places;
  if (screen.isJson) {
    screen.json({
      schema: "servent.napster-server/1",
      clear,
      tls,
      fingerprint: server.fingerprint,
      redirector,
      statistics,
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
  const database = openServerDatabase(databaseFile(context, input));
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
  makeProfileFolders(paths);
  return path.join(paths.data, "napster-server.db");
}

function fileOf({ shell }: Context, name: string): string {
  return path.resolve(shell.cwd, name);
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split(/\r?\n/);
  } catch (cause) {
    throw new ServentError("invalid_value", `${file} cannot be read.`, "It is the text that users see first.", {
      cause,
    });
  }
}

function levelIn(text: string): Level {
  const level = levelOf(text);
  if (level === undefined) {
    throw new ServentError("usage", `"${text}" is no level.`, "Known are leech, user, moderator, admin, elite.");
  }
  return level;
}

function noAccount(nick: string): ServentError {
  return new ServentError("not_found", `There is no account ${nick}.`, "See `servent napster-server accounts`.");
}
