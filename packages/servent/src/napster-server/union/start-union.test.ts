// What an operator hears of a union.
import { connect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { utf8Encode } from "@servent/overlay/base/bytes.ts";
import type { UnionEvents } from "@servent/overlay/protocols/napster/server/union.ts";
import { eventually } from "../../../../../test/support/eventually.ts";
import { endpointOfText } from "../../runtime/address.ts";
import { MeshUnion } from "./mesh-union.ts";
import { startUnion } from "./start-union.ts";
import { unionDial } from "./union-tls.ts";

const KEY = "a key for the servers of a test";
const HOST = "127.0.0.41";
const NOBODY: UnionEvents = { onUnionMessage: () => {}, onServerUp: () => {}, onServerDown: () => {} };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(name: string, servers: readonly string[] = []) {
  const told: string[] = [];
  const options = { key: KEY, listen: `${HOST}:0`, servers };
  const union = await startUnion({ by: "links", options }, name, NOBODY, (news) => told.push(news));
  closing.push(() => union.close());
  return { place: (union as MeshUnion).place, told };
}

test("somebody with another key is told of once, however often he calls", async () => {
  const { place, told } = await server("north");
  for (let i = 0; i < 3; i++) {
    const socket = connect({ ...endpointOfText(place), ...unionDial(utf8Encode("a key that somebody made up")) });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("close", resolve));
  }
  await eventually("the news", 10, () => told[0]);
  expect(told).toEqual(["no link with 127.0.0.1: it has another key"]);
});

test("a server that comes is told of, and so is its link", async () => {
  const north = await server("north");
  const south = await server("south", [north.place]);
  await eventually("both", 10, () => (north.told.length > 1 && south.told.length > 1 ? true : undefined));
  expect(south.told.toSorted()).toEqual(["linked with north", "north is in the union"]);
});
