// A daemon's joining against a real introducer, with networks that only note what they are told.
import { afterEach, beforeEach, expect, test } from "vitest";
import { NOTHING_SOUGHT, type Situation } from "@servent/overlay/protocols/introducer/newcomer.ts";
import { portOf } from "@servent/overlay/base/ipv4.ts";
import { Introducer } from "../introducer/introducer.ts";
import type { Introduced } from "../networks/network.ts";
import { type AddressBlock, parseBlock } from "../runtime/address.ts";
import { Listener } from "../runtime/listener.ts";
import { type Joiner, Joining } from "./joining.ts";

let introducer: Introducer;
let url: string;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  introducer = new Introducer({
    listen: "127.0.0.1:0",
    handOn: null,
    others: [],
    allow: [parseBlock("127.0.0.0/8") as AddressBlock],
    trustedProxies: [],
    stateFile: null,
    name: "Servent/test",
    onUnwritten: () => undefined,
  });
  url = await introducer.start();
  closing.push(() => introducer.stop());
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A network of which only the part that joins is there. */
function network(situation: () => Situation): { readonly network: Joiner; readonly named: Introduced[] } {
  const named: Introduced[] = [];
  return { network: { id: "chord", introductions: situation, introduce: (peers) => void named.push(...peers) }, named };
}

function joining(host: string, part: Joiner, introducers: readonly string[] = [url], mayDial = () => true): Joining {
  const made = new Joining({ networks: [part], introducers, userAgent: "Test/1", localAddress: () => host, mayDial });
  closing.push(() => made.stop());
  made.start();
  return made;
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const known = () => introducer.status().networks.find((each) => each.network === "chord") ?? { known: 0, ready: 0 };

/** Somebody who takes calls and has told the introducer so. */
async function member(host: string): Promise<{ made: Joining; port: number }> {
  const listener = await Listener.open({ host, port: 0, handlers: [] });
  closing.push(() => listener.close());
  const port = portOf(listener.address);
  const made = joining(
    host,
    network(() => ({ ...NOTHING_SOUGHT, offer: { network: "chord", port, load: 0 } })).network,
  );
  await until(() => known().ready > 0);
  return { made, port };
}

test("who takes calls is known to the introducer, and who looks for peers is told of it", async () => {
  const { port } = await member("127.0.7.1");
  const seeker = network(() => ({ ...NOTHING_SOUGHT, seeks: ["chord"] }));
  const made = joining("127.0.7.2", seeker.network);

  await until(() => seeker.named.length > 0);

  expect(seeker.named).toEqual([{ network: "chord", endpoint: { host: "127.0.7.1", port } }]);
  expect(made.told("chord")).toBe(`Introducers (${url}) answered 1 time and named 1 peer.`);
});

test("what the rules do not let us dial is not passed on", async () => {
  await member("127.0.7.1");
  const seeker = network(() => ({ ...NOTHING_SOUGHT, seeks: ["chord"] }));
  const made = joining("127.0.7.2", seeker.network, [url], () => false);

  await until(() => made.told("chord")?.includes("named 1 peer") === true);

  expect(seeker.named).toEqual([]);
});

test("at its end it says goodbye, so nobody is sent to it any more", async () => {
  const { made } = await member("127.0.7.1");
  await made.stop();
  expect(known().known).toBe(0);
});

test("a network that has enough asks nobody", async () => {
  const calm = network(() => NOTHING_SOUGHT);
  joining("127.0.7.2", calm.network);
  await member("127.0.7.1");
  expect(introducer.status().requests).toBe(2);
  expect(calm.named).toEqual([]);
});

test("introducers are changed while it runs, and one that is not there is told of", async () => {
  const { port } = await member("127.0.7.1");
  const seeker = network(() => ({ ...NOTHING_SOUGHT, seeks: ["chord"] }));
  const made = joining("127.0.7.2", seeker.network, []);
  expect(made.told("chord")).toContain("No introducer is named");

  await made.configure(["http://127.0.7.9:9"]);
  await until(() => made.told("chord")?.includes("ECONNREFUSED 127.0.7.9:9") === true);
  await made.configure([url]);
  await until(() => seeker.named.length > 0);

  expect(seeker.named[0]?.endpoint.port).toBe(port);
});
