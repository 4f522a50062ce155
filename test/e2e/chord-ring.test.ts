// Forty daemons in one Chord ring, each a process with an address of its own. Ten are killed at once: lookups are right again
// within a minute, and a file is found and fetched through the ring alone.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ServentProcess } from "../support/servent-process.ts";

const DAEMONS = 40;
const KILLED = 10;
/** Daemons that start at once: more of them only wait for each other on a small machine. */
const START_AT_ONCE = 4;
const KEYS = 60;
const FILE = "distant lighthouse at dusk.txt";
const WORD = "word:lighthouse";
/** A round of upkeep is six datagrams in ten seconds, a finger some more. Loops on real sockets are hundreds. */
const DATAGRAMS_PER_SECOND_MAX = 10;

interface Endpoint {
  readonly host: string;
  readonly port: number;
}
interface Network {
  readonly state: string;
  readonly liveness: string;
  readonly endpoint: Endpoint | null;
  readonly counters: Readonly<Record<string, number>>;
}
interface Lookup {
  readonly owner: { readonly id: string } | null;
  readonly hops: readonly { readonly ms: number | null }[];
}
interface Member {
  readonly servent: ServentProcess;
  readonly id: string;
  readonly since: number;
}

const bytes = randomBytes(700_000);
const content = createHash("sha1").update(bytes).digest();
/** Compiled code, shared by all daemons: without it each would compile everything anew. */
const compiled = mkdtempSync(path.join(tmpdir(), "servent-compiled-"));
let members: Member[] = [];
let sharer: Member;

const hash = (input: string | Uint8Array): string => createHash("sha1").update(input).digest("hex");
const chord = (servent: ServentProcess): Promise<Network> => servent.api<Network>("GET", "/networks/chord");

/** The id as the protocol says it: SHA-1 of address and port, six bytes. */
function idOf({ host, port }: Endpoint): string {
  return hash(Uint8Array.from([...host.split(".").map(Number), port >> 8, port & 255]));
}

async function start(number: number, bootstrap: readonly string[]): Promise<Member> {
  const servent = await ServentProcess.start({
    settings: {
      "net.interface": `127.0.9.${number}`,
      "net.allowAddresses": ["127.0.0.0/8"],
      "network.chord.enabled": true,
      "network.chord.bootstrap": bootstrap,
    },
    env: { NODE_COMPILE_CACHE: compiled },
    ...(number === 3 ? { share: { [FILE]: bytes } } : {}),
  });
  const { endpoint } = await chord(servent);
  const member = { servent, id: idOf(endpoint as Endpoint), since: performance.now() };
  members.push(member);
  if (number === 3) sharer = member;
  return member;
}

/** The first id at or after the key, around the circle. */
function ownerOf(key: string): Member {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return (sorted.find(({ id }) => id >= key) ?? sorted[0]) as Member;
}

/** How many of many lookups, each begun somewhere else, name the true owner. */
async function rightLookups(): Promise<number> {
  const right = await Promise.all(
    Array.from({ length: KEYS }, async (_, i) => {
      const key = hash(`key ${i}`);
      const { servent } = members[i % members.length] as Member;
      const found = await servent.api<Lookup>("POST", "/networks/chord/lookup", { key }).catch(() => undefined);
      return found?.owner?.id === ownerOf(key).id;
    }),
  );
  return right.filter(Boolean).length;
}

const allRight = async (): Promise<true | undefined> => ((await rightLookups()) === KEYS ? true : undefined);

beforeAll(async () => {
  const first = await start(1, []);
  const { endpoint } = await chord(first.servent);
  const bootstrap = [`${endpoint?.host}:${endpoint?.port}`];
  for (let from = 2; from <= DAEMONS; from += START_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(START_AT_ONCE, DAEMONS + 1 - from) }, (_, i) => from + i);
    await Promise.all(numbers.map((number) => start(number, bootstrap)));
  }
}, 200_000);

afterAll(async () => {
  await Promise.all(members.map(({ servent }) => servent.kill()));
  for (const { servent } of members) rmSync(servent.folder, { recursive: true, force: true });
  rmSync(compiled, { recursive: true, force: true });
}, 30_000);

test("forty daemons make one ring, in which every key has the owner that arithmetic says", async () => {
  await eventually("all lookups are right", 60, allRight);
  const { hops } = await (members[7] as Member).servent.api<Lookup>("POST", "/networks/chord/lookup", {
    key: hash("x"),
  });
  expect(hops.length).toBeLessThanOrEqual(8);
  await eventually("the file is published", 20, async () => {
    const { counters } = await chord(sharer.servent);
    return counters.recordsPublished === 5 && counters.keysWaiting === 0 ? true : undefined;
  });
}, 90_000);

test("ten are killed, two holders of the file's record among them: within a minute all lookups are right", async () => {
  const doomed = new Set<Member>();
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const holders = sorted.indexOf(ownerOf(hash(WORD)));
  // Two neighbours on the circle, then every third: the sharer lives.
  for (const step of [0, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28]) {
    const member = sorted[(holders + step) % sorted.length] as Member;
    if (member !== sharer && doomed.size < KILLED) doomed.add(member);
  }
  expect(doomed.size).toBe(KILLED);
  await Promise.all([...doomed].map(({ servent }) => servent.kill()));
  for (const { servent } of doomed) rmSync(servent.folder, { recursive: true, force: true });
  members = members.filter((member) => !doomed.has(member));

  await eventually("all lookups are right again", 60, allRight);
}, 90_000);

test("the file is found through the ring alone, by keyword, by name and by hash, and comes whole", async () => {
  const [first, second, third] = members.filter((member) => member !== sharer).map(({ servent }) => servent);
  const byWord = await (first as ServentProcess).finds("lighthouse", FILE);
  await (second as ServentProcess).finds(FILE, FILE);
  const byHash = await (third as ServentProcess).finds(`${byWord.urns[0]}`, FILE);
  expect(byHash.urns).toEqual(byWord.urns);

  const { transfer, bytes: got } = await (first as ServentProcess).fetches(byWord);
  expect(transfer).toMatchObject({ state: "done", verified: "sha1" });
  expect(createHash("sha1").update(got).digest()).toEqual(content);
}, 60_000);

test("all of this took a bounded number of datagrams", async () => {
  const rates = await Promise.all(
    members.map(async ({ servent, since }) => {
      const { counters } = await chord(servent);
      return ((counters.messagesOut ?? Number.NaN) * 1000) / (performance.now() - since);
    }),
  );
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  expect(mean).toBeLessThan(DATAGRAMS_PER_SECOND_MAX);
  expect(Math.max(...rates)).toBeLessThan(4 * DATAGRAMS_PER_SECOND_MAX);
});
