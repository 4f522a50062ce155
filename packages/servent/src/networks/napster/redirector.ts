// Asking a redirector (metaserver) which index server to go to: it says one line, `ip:port`, and hangs up.
import { connect } from "node:net";
import { ipv4Of, parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { latin1Decode } from "@servent/overlay/base/bytes.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import type { Endpoint } from "../network.ts";

/** It answers at once or not at all: so long from the dial to the end of its line. */
export const ANSWER_MS = 10_000;
/** `255.255.255.255:65535` and a line feed. */
const LINE_CHARS_MAX = 64;
const LOOPBACK = 127;

/** Undefined: no answer, no sense, or "busy" (an address of its own machine's loop, where it is not on one itself). */
export function askRedirector(
  { host, port }: Endpoint,
  localAddress: string | undefined,
): Promise<Address | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    // Not of silence: a byte now and then must not keep us waiting.
    const deadline = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Uint8Array) => {
      text += latin1Decode(bytes);
      if (text.includes("\n") || text.length > LINE_CHARS_MAX) socket.destroy();
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(deadline);
      resolve(serverOf(text, socket.remoteAddress ?? host));
    });
  });
}

function serverOf(text: string, redirector: string): Address | undefined {
  const address = parseEndpoint((text.split(/\r?\n/)[0] ?? "").trim());
  if (address === undefined) return undefined;
  const isBusy = ipv4Of(address) >>> 24 === LOOPBACK && !redirector.startsWith(`${LOOPBACK}.`);
  return isBusy ? undefined : address;
}
