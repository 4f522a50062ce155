// The queue through which sweeps reach other machines: BullMQ on Redis or Valkey. A job's id is the hash of all that decides
// its result, so a job that was added twice is run once, and one whose worker died is given to another.
import { Redis } from "ioredis";
import { ServentError } from "../base/servent-error.ts";
import type { WrittenFindings } from "./exact-json.ts";
import type { JobCost } from "./job-messages.ts";

/** Workers of another build would find something else: they have a queue of their own. */
export function queueName(build: string): string {
  // BullMQ takes no colon in a name.
  return `servent-lab-${build}`;
}

/** What a worker answers for a job. */
export interface MachineAnswer {
  readonly findings: WrittenFindings;
  readonly cost: JobCost;
  /** Name of the machine, and number of the process. */
  readonly worker: string;
}

/** A Redis on this machine or a near one answers at once. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Throws ServentError `usage` or `not_reachable`; later losses of the connection are waited out. */
export async function connectRedis(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url) && !url.startsWith("/")) {
    throw new ServentError("usage", `"${withoutPassword(url)}" is no address of a Redis.`, "Write redis://host:6379.");
  }
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // What BullMQ needs: a command waits for the connection rather than failing.
    maxRetriesPerRequest: null,
    retryStrategy: () => null,
  });
  let first: string | undefined;
  redis.on("error", (error: Error) => {
    first ??= error.message;
  });
  try {
    // Something may take the connection and never say a word.
    await Promise.race([redis.connect().then(() => redis.ping()), silence(CONNECT_TIMEOUT_MS)]);
  } catch (cause) {
    redis.disconnect();
    const why = first ?? (cause as Error).message;
    throw new ServentError(
      "not_reachable",
      `No Redis answers at ${withoutPassword(url)}: ${why}.`,
      "Start one, and check the address.",
      { cause },
    );
  }
  redis.options.retryStrategy = (times) => Math.min(times * 200, 5_000);
  return redis;
}

export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}

/** Rejects after this time. */
function silence(ms: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error("it says nothing")), ms).unref();
  });
}
