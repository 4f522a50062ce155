// Brings together who waits for a peer to connect to us, and the connections on which peers do.
import { SourceError } from "./network.ts";

/** Waits at once: each cost a message to the network, and a download asks few. */
const WAITS_MAX = 64;

type Waiting<T> = { give(brought: T): void };

/** `T`: what the peer brings. Keys are texts of the network's own that say which peer, or what of it. */
export class PushWaits<T> {
  private readonly waiting = new Map<string, Waiting<T>[]>();
  private count = 0;

  /** The next that comes under this key. Rejects with a SourceError: `timeout`, `remote_busy` where too many wait, `peer_gone` where the signal aborts. */
  expect(key: string, timeoutMs: number, signal?: AbortSignal): Promise<T> {
    if (this.count >= WAITS_MAX) {
      return Promise.reject(new SourceError("remote_busy", "Too many peers were asked to connect to us already."));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.count--;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        const rest = (this.waiting.get(key) ?? []).filter((each) => each !== entry);
        if (rest.length === 0) this.waiting.delete(key);
        else this.waiting.set(key, rest);
      };
      const entry: Waiting<T> = {
        give: (brought) => {
          leave();
          resolve(brought);
        },
      };
      const abort = (): void => {
        leave();
        reject(new SourceError("peer_gone", "The request was given up."));
      };
      const timer = setTimeout(() => {
        leave();
        reject(new SourceError("timeout", "The peer was asked to connect to us, and did not."));
      }, timeoutMs);
      this.count++;
      this.waiting.set(key, [...(this.waiting.get(key) ?? []), entry]);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
    });
  }

  /** Gives it to whoever waits longest. False: nobody waits for this, and it is still the caller's. */
  bring(key: string, brought: T): boolean {
    const first = this.waiting.get(key)?.[0];
    first?.give(brought);
    return first !== undefined;
  }
}
