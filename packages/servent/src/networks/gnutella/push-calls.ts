// Both ends of a push: peers that call us back with GIV, and our own calls to peers that asked for one.
import { connect, type Socket } from "node:net";
import { hexDecode, hexEncode, latin1Decode } from "@servent/overlay/base/bytes.ts";
import { formatIpv4, ipv4Of, portOf } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Guid, Push } from "@servent/overlay/protocols/gnutella/messages.ts";
import type { PushWaits } from "../push-waits.ts";
import { encodeGiv, GIV_BYTES_MAX, parseGiv } from "./giv.ts";

const LF = 10;
/** A peer that says GIV says all of it at once. */
const GIV_WAIT_MS = 10_000;
const CALL_WAIT_MS = 10_000;
/** Calls under way to one host, and in all: nobody uses us to knock on doors. */
const CALLS_PER_HOST_MAX = 5;
const CALLS_MAX = 50;
/** A downloader with many files of ours wants a few connections a minute, not more. */
const CALLS_PER_HOST_MINUTE_MAX = 20;
/** And all downloaders together: whoever sends more pushes wants us to knock on doors. */
const CALLS_PER_MINUTE_MAX = 60;

/** Reads `GIV …` and the two line feeds behind it, then gives the socket to whoever waits for that peer: by its GUID, in hexadecimal. */
export function receiveGiv(socket: Socket, head: Uint8Array, waits: PushWaits<Socket>): void {
  let bytes: Uint8Array = head;
  const giveUp = setTimeout(() => socket.destroy(), GIV_WAIT_MS);
  const leave = () => {
    clearTimeout(giveUp);
    socket.off("readable", read);
    socket.off("close", leave);
  };
  const decide = (): void => {
    const end = bytes.indexOf(LF);
    if (end < 0 || bytes.length < end + 2) {
      if (bytes.length > GIV_BYTES_MAX) socket.destroy();
      return;
    }
    leave();
    const giv = parseGiv(latin1Decode(bytes.subarray(0, end)));
    // The answer to GIV is our request, so nothing can stand behind the second line feed yet.
    const isGiv = giv.ok && bytes.length === end + 2 && bytes[end + 1] === LF;
    if (!isGiv || !waits.bring(hexEncode(giv.value.guid), socket)) socket.destroy();
  };
  const read = (): void => {
    for (let chunk = socket.read() as Uint8Array | null; chunk !== null; chunk = socket.read() as Uint8Array | null) {
      bytes = Buffer.concat([bytes, chunk]);
    }
    decide();
  };
  socket.on("close", leave);
  socket.on("readable", read);
  decide();
}

export interface PushCallsOptions {
  readonly guid: Guid;
  readonly localAddress: string | undefined;
  readonly mayDial: (address: Address) => boolean;
  /** Serves the requests that come on a socket we opened. */
  readonly serve: (socket: Socket) => void;
}

/** Connects to peers that want a file of ours and cannot reach us. */
export class PushCalls {
  private readonly options: PushCallsOptions;
  /** Calls to each host in the present minute. */
  private readonly perHost = new Map<number, number>();
  private minute = 0;
  private callsThisMinute = 0;
  private readonly underWay = new Map<Socket, number>();

  constructor(options: PushCallsOptions) {
    this.options = options;
  }

  /** False: the call is refused by a bound or rule; nothing is dialled. */
  call({ address, index }: Push): boolean {
    const ip = ipv4Of(address);
    const minute = Math.floor(performance.now() / 60_000);
    if (minute !== this.minute) {
      this.perHost.clear();
      this.callsThisMinute = 0;
    }
    this.minute = minute;
    const calls = (this.perHost.get(ip) ?? 0) + 1;
    const toHost = [...this.underWay.values()].filter((host) => host === ip).length;
    if (!this.options.mayDial(address) || portOf(address) < 1024 || calls > CALLS_PER_HOST_MINUTE_MAX) return false;
    if (this.callsThisMinute >= CALLS_PER_MINUTE_MAX) return false;
    if (toHost >= CALLS_PER_HOST_MAX || this.underWay.size >= CALLS_MAX) return false;
    this.perHost.set(ip, calls);
    this.callsThisMinute++;

    const { localAddress, guid, serve } = this.options;
    const socket = connect({
      host: formatIpv4(ip),
      port: portOf(address),
      noDelay: true,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.underWay.set(socket, ip);
    const giveUp = setTimeout(() => socket.destroy(), CALL_WAIT_MS);
    socket.on("error", () => socket.destroy());
    const leave = () => {
      clearTimeout(giveUp);
      this.underWay.delete(socket);
    };
    socket.once("close", leave);
    socket.once("connect", () => {
      leave();
      socket.off("close", leave);
      socket.write(encodeGiv({ index, guid: hexDecode(guid) ?? new Uint8Array(16), name: "file" }));
      serve(socket);
    });
    return true;
  }

  close(): void {
    for (const socket of this.underWay.keys()) socket.destroy();
  }
}
