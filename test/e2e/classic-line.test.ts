// Four classic servents in a line, each a daemon with real sockets: a query goes as far as its TTL, and no farther.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ServentProcess } from "../support/servent-process.ts";

const NAME = "distant lighthouse.txt";
const servents: ServentProcess[] = [];
let first: ServentProcess;

/** A peer of the line; it knows the one behind it and keeps no more neighbours than the line has. */
async function join(
  host: string,
  links: number,
  next?: ServentProcess,
  share?: Record<string, Uint8Array>,
): Promise<ServentProcess> {
  const servent = await ServentProcess.start({
    settings: {
      "net.interface": host,
      "net.allowAddresses": ["127.0.0.0/8"],
      "network.gnutella.enabled": true,
      "network.gnutella.role": "classic",
      "network.gnutella.links": links,
      "network.gnutella.bootstrap": next === undefined ? [] : [await next.endpoint()],
    },
    ...(share === undefined ? {} : { share }),
  });
  servents.push(servent);
  if (next !== undefined) await servent.linked(await next.endpoint());
  return servent;
}

beforeAll(async () => {
  const d = await join("127.0.1.4", 1, undefined, { [NAME]: new TextEncoder().encode("seen from afar") });
  const c = await join("127.0.1.3", 2, d);
  const b = await join("127.0.1.2", 2, c);
  first = await join("127.0.1.1", 1, b);
}, 120_000);

afterAll(async () => {
  await Promise.all(servents.map((servent) => servent.stop()));
});

async function names(ttl: number): Promise<string[]> {
  await first.command("config", "set", "network.gnutella.maxTtl", String(ttl));
  const { code, stdout } = await first.run(["search", "distant lighthouse", "--timeout", "5s"]);
  expect(code).toBe(code === 3 ? 3 : 0);
  return JSON.parse(stdout).items.map(({ name }: { name: string }) => name);
}

test("A has one neighbour, and finds the file of D with TTL 3 but not with TTL 2", async () => {
  const peers = await first.command<{ items: unknown[] }>("peers", "ls");
  expect(peers.items.length).toBe(1);

  expect(await names(2)).toEqual([]);
  expect(await names(3)).toEqual([NAME]);
  expect(await names(1)).toEqual([]);
}, 60_000);

test("A fetches it from D, which it has no link to", async () => {
  expect(await names(3)).toEqual([NAME]);
  await first.command("get", "1", "--wait");
  const { items } = await first.command<{ items: { state: string; bytesDone: number }[] }>("transfers", "ls");
  expect(items).toMatchObject([{ state: "done", bytesDone: 14 }]);
  await eventually("the upload is told at D", 10, async () => {
    const given = await servents[0]?.command<{ items: { direction: string }[] }>("transfers", "ls");
    return given?.items.some(({ direction }) => direction === "up") ? true : undefined;
  });
}, 60_000);
