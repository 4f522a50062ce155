// Servents that know nothing but the address of an introducer, each a daemon with real sockets.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { IndexServerProcess } from "../support/index-server-process.ts";
import { IntroducerProcess } from "../support/introducer-process.ts";
import { ServentProcess } from "../support/servent-process.ts";

const NAME = "harbour lights at dusk.txt";
const TEXT = "nobody was told where this is";
const CHECK_EVERY_S = 2;
const GONE_WITHIN_S = CHECK_EVERY_S * 1.2;
/** For a machine that is busy. */
const SLACK_S = 3;

interface Named {
  readonly peers: readonly { readonly network: string; readonly address: string; readonly ageSeconds: number }[];
}

const folder = mkdtempSync(path.join(tmpdir(), "servent-introducer-"));
const state = path.join(folder, "peers.json");
const servents: ServentProcess[] = [];
let introducer: IntroducerProcess;

function startIntroducer(listen: string): Promise<IntroducerProcess> {
  const options = ["--allow", "127.0.0.0/8", "--state", state, "--check-every", `${CHECK_EVERY_S}s`];
  return IntroducerProcess.start("--listen", listen, ...options);
}

async function startServent(host: string, role: string, share?: Record<string, Uint8Array>): Promise<ServentProcess> {
  const servent = await ServentProcess.start({
    settings: {
      "net.interface": host,
      "net.allowAddresses": ["127.0.0.0/8"],
      introducers: [introducer.url],
      "network.gnutella.enabled": true,
      "network.gnutella.role": role,
    },
    ...(share === undefined ? {} : { share }),
  });
  servents.push(servent);
  return servent;
}

/** What the introducer says of this network, seen from an address where no servent runs. */
async function named(network: string): Promise<string[]> {
  const { peers } = await introducer.get<Named>(`/v1/peers?network=${network}&count=20`);
  return peers.map(({ address }) => address).sort();
}

function until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<true> {
  return eventually(what, seconds, async () => ((await holds()) ? true : undefined));
}

beforeAll(async () => {
  introducer = await startIntroducer("127.0.0.1:0");
  await startServent("127.0.3.1", "classic", { [NAME]: new TextEncoder().encode(TEXT) });
  await startServent("127.0.3.2", "classic");
  await startServent("127.0.3.3", "classic");
  await until("all three are named", 30, async () => (await named("gnutella/classic")).length === 3);
}, 120_000);

afterAll(async () => {
  await Promise.all(servents.map((servent) => servent.stop()));
  await introducer.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a fresh servent that knows only the introducer finds a file and fetches it", async () => {
  const fresh = await startServent("127.0.3.4", "classic");
  await until("it has a neighbour", 30, async () => {
    const { items } = await fresh.command<{ items: unknown[] }>("peers", "ls");
    return items.length > 0;
  });

  const { bytes } = await fresh.fetches(await fresh.finds("harbour lights", NAME));
  expect(new TextDecoder().decode(bytes)).toBe(TEXT);
  await until("it is named itself", 15, async () =>
    (await named("gnutella/classic")).some((at) => at.startsWith("127.0.3.4:")),
  );
}, 90_000);

test("a servent that ends says goodbye, and one that is killed is named to nobody once the stated time is over", async () => {
  const { goneWithinSeconds } = await introducer.get<{ goneWithinSeconds: number }>("/.well-known/servent-introducer");
  expect(goneWithinSeconds).toBe(Math.ceil(GONE_WITHIN_S));
  const [, polite, killed] = servents as [ServentProcess, ServentProcess, ServentProcess];
  const isNamed = async (host: string): Promise<boolean> =>
    (await named("gnutella/classic")).some((address) => address.startsWith(`${host}:`));

  await killed.kill();
  const killedAt = performance.now();
  await polite.stop();
  expect(await isNamed("127.0.3.2")).toBe(false);

  await until("the killed one is gone", goneWithinSeconds + SLACK_S, async () => !(await isNamed("127.0.3.3")));
  expect((performance.now() - killedAt) / 1000).toBeLessThan(goneWithinSeconds + SLACK_S);
  await killed.restart();
  await until("it is back", 30, () => isNamed("127.0.3.3"));
}, 90_000);

test("an introducer that was started again names the peers that it knew, before any of them comes again", async () => {
  const before = await named("gnutella/classic");
  expect(before.length).toBeGreaterThanOrEqual(3);
  const { host } = new URL(introducer.url);

  expect(await introducer.stop()).toBe(0);
  introducer = await startIntroducer(host);

  expect(await named("gnutella/classic")).toEqual(before);
}, 60_000);

test("two fresh servents of no set role find each other, and one of them becomes an ultrapeer", async () => {
  const one = await startServent("127.0.3.11", "auto");
  const other = await startServent("127.0.3.12", "auto");
  for (const servent of [one, other]) {
    await until("they are linked", 45, async () => {
      const { items } = await servent.command<{ items: { state: string }[] }>("peers", "ls", "--network", "gnutella");
      return items.some(({ state }) => state === "open");
    });
  }
  await until("there is an ultrapeer", 20, async () => (await named("gnutella/ultrapeer")).length > 0);
}, 120_000);

test("a lonely servent says what its introducer told it", async () => {
  const lonely = await ServentProcess.start({
    settings: {
      "net.interface": "127.0.3.21",
      introducers: [introducer.url, "http://127.0.0.1:9"],
      "network.chord.enabled": true,
    },
  });
  servents.push(lonely);
  await until("it tells", 20, async () => {
    const { facts } = await lonely.command<{ facts: { text: string; code: string }[] }>("why", "chord");
    const text = facts.find(({ code }) => code === "introducers")?.text ?? "";
    return /answered \d+ times? and named 0 peers/.test(text) && text.includes("127.0.0.1:9");
  });
}, 60_000);

test("clients that know only the introducer meet at an index server that told it where it is", async () => {
  const accounts = ["--accounts", path.join(folder, "accounts.sqlite")];
  const server = await IndexServerProcess.start(
    "--listen",
    "127.0.3.31:0",
    "--introducers",
    introducer.url,
    ...accounts,
  );
  try {
    await until("the server is named", 20, async () => (await named("napster/server")).length === 1);
    const settings = {
      "net.allowAddresses": ["127.0.0.0/8"],
      introducers: [introducer.url],
      "network.napster.enabled": true,
    };
    const song = { "lantern song.ogg": new TextEncoder().encode("la la la") };
    const giver = await ServentProcess.start({ settings: { ...settings, "net.interface": "127.0.3.32" }, share: song });
    servents.push(giver);
    const taker = await ServentProcess.start({ settings: { ...settings, "net.interface": "127.0.3.33" } });
    servents.push(taker);

    const { bytes } = await taker.fetches(await taker.finds("lantern song", "lantern song.ogg"));
    expect(new TextDecoder().decode(bytes)).toBe("la la la");
  } finally {
    await server.end("SIGTERM");
  }
  await until("the server said goodbye", 10, async () => (await named("napster/server")).length === 0);
}, 90_000);
