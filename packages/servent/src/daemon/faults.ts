// A fault of our own that nobody caught: what the daemon holds in memory can no longer be trusted, so it ends, but it
// says so and leaves the stack in the log.
import type { Log } from "../log/log.ts";

/** What of `process` is needed. */
export interface FaultSource {
  on(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
  off(event: "uncaughtException" | "unhandledRejection", listener: (error: unknown) => void): unknown;
}

/** Calls `stop` with one sentence at each fault, once the log is on the disk, until the answer is called. */
export function watchFaults(
  log: Log,
  folder: string,
  stop: (sentence: string) => void,
  source: FaultSource = process,
): () => void {
  const onFault = (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.write("error", "daemon", "A fault of servent's own; it stops.", { stack });
    log.flushNow();
    stop(`servent met a fault of its own and stops; its log in ${folder} tells more.`);
  };
  source.on("uncaughtException", onFault);
  source.on("unhandledRejection", onFault);
  return () => {
    source.off("uncaughtException", onFault);
    source.off("unhandledRejection", onFault);
  };
}
