// Push: a peer that cannot be dialled connects to us and says `GIV <index>:<GUID>/<name>`, then takes our request.
import type net from "node:net";
import { type Decoded, decoded, malformed } from "@servent/overlay/base/decoded.ts";
import { hexDecode, hexEncode } from "@servent/overlay/base/bytes.ts";
import { SourceError } from "../network.ts";

/** Longest GIV line: a name of 255 bytes, escaped, and what stands in front of it. */
export const GIV_BYTES_MAX = 1024;
/** Pushes waited for at once: each costs a message to the overlay, and a download asks few. */
const EXPECTED_MAX = 64;

export interface Giv {
  /** Peers put 0 or anything here; only the GUID says who it is. */
  readonly index: number;
  /** 16 bytes. */
  readonly guid: Uint8Array;
  readonly name: string;
}

/** One line without its line feed. */
export function parseGiv(line: string): Decoded<Giv> {
  if (line.length > GIV_BYTES_MAX) return malformed("GIV", "too long");
  const match = /^GIV ([0-9]{1,10}):([0-9a-f]{32})\/([^\r\n]*)\r?$/i.exec(line);
  if (match === null) return malformed("GIV", "not of the form index:GUID/name");
  return decoded({
    index: Number(match[1]),
    guid: hexDecode(match[2] as string) as Uint8Array,
    name: match[3] as string,
  });
}

/** Ends with the two line feeds that tell the other side to ask. */
export function encodeGiv(giv: Giv): string {
  return `GIV ${giv.index}:${hexEncode(giv.guid).toUpperCase()}/${giv.name.replace(/[\r\n]/g, " ")}\n\n`;
}

type Waiting = { give(socket: net.Socket): void };

/** Brings together who waits for a peer to call back and the sockets on which peers do. */
export class PushBroker {
  private readonly waiting = new Map<string, Waiting[]>();
  private count = 0;

  /** The next socket that this peer opens to us. Rejects with a SourceError `timeout`, or `remote_busy` when too many wait. */
  expect(guid: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<net.Socket> {
    if (this.count >= EXPECTED_MAX)
      return Promise.reject(new SourceError("remote_busy", "Too many peers were asked to connect to us already."));
    const key = hexEncode(guid);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.count--;
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        const rest = (this.waiting.get(key) ?? []).filter((each) => each !== entry);
        if (rest.length === 0) this.waiting.delete(key);
        else this.waiting.set(key, rest);
      };
      const entry: Waiting = {
        give: (socket) => {
          leave();
          resolve(socket);
        },
      };
      const abort = () => {
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

  /** A peer has said GIV. False: nobody waits for it, and the socket was closed. */
  onGiv(socket: net.Socket, guid: Uint8Array): boolean {
    const first = this.waiting.get(hexEncode(guid))?.[0];
    if (first === undefined) {
      socket.destroy();
      return false;
    }
    first.give(socket);
    return true;
  }
}
