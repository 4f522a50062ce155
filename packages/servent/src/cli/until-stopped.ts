// What a role in the foreground does while nobody stops it.
import type { Context } from "./context.ts";

const STATUS_EVERY_MS = 1000;

/** Shows what `status` says, every second, until Ctrl-C or SIGTERM; then its caller ends the role. */
export async function untilStopped(context: Context, status: () => string): Promise<void> {
  const terminated = new AbortController();
  const terminate = (): void => terminated.abort();
  process.once("SIGTERM", terminate);
  const stop = AbortSignal.any([context.interrupt, terminated.signal]);
  try {
    while (!stop.aborted) {
      context.screen.status(status());
      await context.shell.sleep(STATUS_EVERY_MS, stop);
    }
  } finally {
    process.off("SIGTERM", terminate);
  }
}
