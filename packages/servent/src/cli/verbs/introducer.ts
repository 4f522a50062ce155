// `introducer`: that role alone, in the foreground. It needs no daemon and no profile.
import { ServentError } from "../../base/servent-error.ts";
import { VERSION } from "../../daemon/version.ts";
import { Introducer, type IntroducerOptions, type IntroducerStatus } from "../../introducer/introducer.ts";
import { LIMITS } from "../../introducer/limits.ts";
import { introducerUrlOf } from "../../joining/introducer-url.ts";
import { type AddressBlock, parseBlock } from "../../runtime/address.ts";
import { placeOf } from "../../runtime/place.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Input } from "../input.ts";
import { counted } from "../terminal/units.ts";
import { untilStopped } from "../until-stopped.ts";

/** Any host of this machine, beside the daemon's own port. */
const LISTEN = "0.0.0.0:7391";
/** Peers that are dialled more often than this are bothered for nothing. */
const CHECK_EVERY_MS_LEAST = 1000;

export async function introducer(context: Context, input: Input): Promise<ExitCode> {
  const { screen } = context;
  const handOn = input.text("handOn");
  const recheckMs = input.number("checkEvery");
  if (recheckMs !== undefined && recheckMs < CHECK_EVERY_MS_LEAST) {
    throw new ServentError("usage", "--check-every is less than a second.", "Peers would be bothered for nothing.");
  }
  const options: IntroducerOptions = {
    listen: input.text("listen") ?? LISTEN,
    handOn: handOn === undefined ? null : introducerUrlOf(handOn),
    others: input.list("other").slice(0, LIMITS.othersMax).map(introducerUrlOf),
    allow: input.list("allow").map(block),
    trustedProxies: input.list("proxy").map(block),
    stateFile: input.text("state") ?? null,
    ...(recheckMs === undefined ? {} : { recheckMs }),
    name: `Servent/${VERSION}`,
    onUnwritten: (error) => screen.note(`the peers could not be written down: ${String(error)}`),
  };
  placeOf(options.listen);
  if (context.plan(`be an introducer at http://${options.listen}`)) return EXIT.done;
  const role = new Introducer(options);
  const url = await role.start();
  try {
    if (screen.isJson) screen.json({ schema: "servent.introducer/1", url, handOn: options.handOn });
    else screen.line(screen.isPlain ? `url\t${url}` : `introducer at ${url}; Ctrl-C ends it`);
    await untilStopped(context, () => statusLine(role.status()));
  } finally {
    await role.stop();
  }
  return EXIT.done;
}

function statusLine({ networks, requests, requestsInHour }: IntroducerStatus): string {
  const peers = networks.map(({ network, known, ready }) => `${network} ${ready} of ${known} reached`);
  const asked = `${counted(requests, "request")}, ${requestsInHour} in the last hour`;
  return peers.length === 0 ? `nobody yet; ${asked}` : `${peers.join(", ")}; ${asked}`;
}

function block(text: string): AddressBlock {
  const found = parseBlock(text);
  if (found === undefined) {
    throw new ServentError("usage", `"${text}" is no block of addresses.`, "Write it as 10.0.0.0/8, or 10.1.2.3.");
  }
  return found;
}
