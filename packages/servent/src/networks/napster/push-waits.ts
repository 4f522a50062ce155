// Brings together who waits for a file to be brought, and the connections on which owners say SEND.
import { foldNick } from "@servent/overlay/protocols/napster/nick.ts";
import type { HttpConnection } from "../http/http-connection.ts";
import { SourceError } from "../network.ts";

/** An owner came; the connection waits for the offset. */
export interface Brought {
  readonly connection: HttpConnection;
  /** Of the whole file, as the owner says. */
  readonly size: number;
}

interface Waiting {
  give(brought: Brought): void;
}

/** Waits at once: each cost a message to a server, and a download asks few. */
const WAITS_MAX = 64;

export class PushWaits {
  private readonly waiting = new Map<string, Waiting[]>();
  private count = 0;

  /** Rejects with a SourceError: `timeout`, `remote_busy` where too many wait, `peer_gone` where the signal aborts. */
  expect(nick: string, path: string, timeoutMs: number, signal: AbortSignal): Promise<Brought> {
    if (this.count >= WAITS_MAX) {
      return Promise.reject(new SourceError("remote_busy", "Too many peers were asked to connect to us already."));
    }
    const key = keyOf(nick, path);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.count--;
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        const rest = (this.waiting.get(key) ?? []).filter((each) => each !== entry);
        if (rest.length === 0) this.waiting.delete(key);
        else this.waiting.set(key, rest);
      };
      const entry: Waiting = {
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
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
    });
  }

  /** False: nobody waits for this. Else the connection has a new owner. */
  onSend(nick: string, path: string, brought: Brought): boolean {
    const first = this.waiting.get(keyOf(nick, path))?.[0];
    first?.give(brought);
    return first !== undefined;
  }
}

function keyOf(nick: string, path: string): string {
  return `${foldNick(nick)}\n${path}`;
}
