// `up --detach`: starts the daemon as a process of its own and leaves when it is ready.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ServentError } from "../../base/servent-error.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { type StartMessage, tellReady } from "./up.ts";

/** A start takes seconds; a database that must be repaired may take longer. */
const START_TIMEOUT_MS = 60_000;

export async function detach(context: Context, input: Input): Promise<ExitCode> {
  const { flags, shell } = context;
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, ...wordsFor(context, input)], {
    cwd: shell.cwd,
    detached: true,
    // Not a pipe: nobody reads it once we are gone, and the daemon has its own log.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const started = Promise.withResolvers<Extract<StartMessage, { kind: "ready" }>["ready"]>();
  child.on("message", (message: StartMessage) => {
    if (message.kind === "ready") started.resolve(message.ready);
    else started.reject(new ServentError(message.code, message.sentence, message.hint));
  });
  child.on("error", started.reject);
  child.on("exit", (code, signal) => started.reject(ended(signal ?? `code ${code}`)));
  const timeoutMs = flags.timeoutMs ?? START_TIMEOUT_MS;
  const stopClock = new AbortController();
  void shell.sleep(timeoutMs, stopClock.signal).then(() => started.reject(tooSlow(timeoutMs)));
  try {
    const ready = await started.promise;
    tellReady(context, ready, input.flag("demo"));
    context.screen.sum(`runs in the background as process ${child.pid}; \`servent down\` stops it`);
    return EXIT.done;
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    stopClock.abort();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function wordsFor({ flags }: Context, input: Input): readonly string[] {
  return [
    "up",
    ...(input.flag("demo") ? ["--demo"] : []),
    ...(input.flag("open") ? ["--open"] : []),
    ...input.list("set").flatMap((setting) => ["--set", setting]),
    ...(flags.profile === undefined ? [] : ["--profile", flags.profile]),
    ...(flags.config === undefined ? [] : ["--config", flags.config]),
  ];
}

function ended(how: string): ServentError {
  return new ServentError("internal", `The daemon ended before it was ready (${how}).`, "See why with `servent up`.");
}

function tooSlow(timeoutMs: number): ServentError {
  return new ServentError(
    "timeout",
    `The daemon was not ready within ${timeoutMs / 1000} s and was stopped.`,
    "See why with `servent up`, or give it longer with --timeout.",
  );
}
