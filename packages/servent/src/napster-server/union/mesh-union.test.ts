// Three servers of a mesh on sockets of this machine.
import { createConnection } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { UnionMessage } from "@servent/overlay/protocols/napster/server/union.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { MeshUnion, type MeshUnionOptions } from "./mesh-union.ts";

const KEY = "a key for three servers of a test";
const opened: MeshUnion[] = [];

afterEach(async () => {
  for (const union of opened.splice(0)) await union.close();
});

interface Server {
  readonly union: MeshUnion;
  readonly heard: { readonly from: string; readonly message: UnionMessage }[];
  readonly told: string[];
}

async function server(name: string, options: Partial<MeshUnionOptions> = {}): Promise<Server> {
  const heard: Server["heard"] = [];
  const told: string[] = [];
  const union = await MeshUnion.open(
    { name, key: KEY, listen: "127.0.0.1:0", servers: [], timing: { beatMs: 100, silenceMs: 600 }, ...options },
    {
      onUnionMessage: (from, message) => heard.push({ from, message }),
      onServerUp: (other) => told.push(`+${other}`),
      onServerDown: (other) => told.push(`-${other}`),
      onLinkOpen: () => {},
      onLinkClosed: () => {},
      onRefused: (_remote, reason) => told.push(reason),
    },
  );
  opened.push(union);
  return { union, heard, told };
}

async function close(union: MeshUnion): Promise<void> {
  opened.splice(opened.indexOf(union), 1);
  await union.close();
}

const knows = (of: Server, count: number): Promise<unknown> =>
  eventually(`${count} other servers`, 10, () => (of.union.servers().length === count ? true : undefined));
const hears = (of: Server, count: number): Promise<unknown> =>
  eventually(`${count} messages`, 10, () => (of.heard.length >= count ? true : undefined));

const big: UnionMessage = {
  kind: "hits",
  id: 77,
  hits: Array.from({ length: 300 }, (_, i) => ({
    file: {
      path: `${i}/${"x".repeat(700)}`,
      md5: "0".repeat(32),
      size: i,
      bitrate: 128,
      frequency: 44_100,
      seconds: 1,
      media: "mp3" as const,
      urn: "",
    },
    nick: "anna",
    ip: 1,
    linkSpeed: 3,
  })),
  isLast: true,
};

describe.each([
  ["with TLS", false],
  ["in clear text", true],
])("three servers %s", (_name, isPlain) => {
  test("that know one address hear of each other, ask all and answer one, and know who stops", async () => {
    const north = await server("north", { isPlain });
    const south = await server("south", { isPlain, servers: [north.union.place] });
    const west = await server("west", { isPlain, servers: [north.union.place] });
    for (const each of [north, south, west]) await knows(each, 2);

    expect(west.union.broadcast({ kind: "where", nick: "anna" }).toSorted()).toEqual(["north", "south"]);
    await hears(south, 1);
    south.union.send("west", big);
    await eventually("all hits", 10, () =>
      west.heard.at(-1)?.message.kind === "hits" && isEnd(west) ? true : undefined,
    );

    const hits = west.heard.flatMap(({ message }) => (message.kind === "hits" ? message.hits : []));
    expect(hits).toEqual(big.kind === "hits" ? big.hits : []);
    await close(south.union);
    await knows(west, 1);
    expect(west.told).toEqual(expect.arrayContaining(["+south", "-south"]));
  });
});

function isEnd({ heard }: Server): boolean {
  return heard.some(({ message }) => message.kind === "hits" && message.isLast);
}

describe("who does not belong to the union", () => {
  test("gets no TLS handshake with another key", async () => {
    const north = await server("north");
    const stranger = await server("stranger", { key: "a key that somebody made up", servers: [north.union.place] });
    await eventually("both refusals", 10, () => (north.told[0] === undefined ? undefined : stranger.told[0]));
    expect([north.told[0], stranger.told[0]]).toEqual(["it has another key", "it has another key"]);
    expect([north.union.servers(), stranger.union.servers()]).toEqual([[], []]);
  });

  test("is refused in words with another key in clear text, or under a name that is taken", async () => {
    const north = await server("north", { isPlain: true });
    const servers = [north.union.place];
    const stranger = await server("stranger", { isPlain: true, key: "a key that somebody made up", servers });
    const twin = await server("north", { isPlain: true, servers });
    await eventually("both refusals", 10, () => (stranger.told[0] === undefined ? undefined : twin.told[0]));
    expect(stranger.told[0]).toBe("another key than this union's");
    expect(twin.told[0]).toBe("another server of this union is called north");
  });

  test("and says nothing, or nonsense, is hung up on", async () => {
    const north = await server("north", { isPlain: true });
    const [host, port] = north.union.place.split(":") as [string, string];
    const socket = createConnection({ host, port: Number(port) });
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\n\r\n");
    socket.resume();
    await once(socket, "close");
  });
});

test("what the operator writes wrongly is refused with a hint", async () => {
  await expect(server("two words")).rejects.toMatchObject({ code: "invalid_value" });
  await expect(server("north", { key: "short" })).rejects.toMatchObject({ code: "invalid_value" });
  await expect(server("north", { servers: ["nowhere"] })).rejects.toMatchObject({ code: "invalid_value" });
  await expect(server("north", { listen: "here" })).rejects.toMatchObject({ code: "invalid_value" });
});
