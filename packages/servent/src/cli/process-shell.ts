// The real process as a Shell.
import { setTimeout as wait } from "node:timers/promises";
import type { Shell } from "./context.ts";
import { EXIT } from "./exit-codes.ts";

export function processShell(): Shell {
  // `servent … | head` closes the pipe early: nobody reads any more, so there is nothing left to do.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.done);
      throw error;
    });
  }
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdinIsTerminal: process.stdin.isTTY === true,
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    onInterrupt: (handler) => void process.on("SIGINT", handler),
    readLine,
    exit: (code) => process.exit(code),
  };
}

async function readLine(): Promise<string> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    return "";
  } finally {
    lines.close();
  }
}
