import { describe, expect, test } from "vitest";
import type { Settings } from "../experiments/program.ts";
import { runProgram } from "../experiments/program-run.ts";
import { World } from "../engine/world.ts";
import { uniform } from "../network/latency.ts";
import { napsterUnion } from "./napster-union.ts";
import { type LabIndexServer, NapsterWorld, sharedWordOf } from "./napster-world.ts";

/** Three servers and a client at each, by chance or not: enough clients that each server has some. */
function world(clients: number, logins = 1) {
  const world = new World({ seed: 5, latency: uniform(5, 40), fidelity: "wire" });
  const napster = new NapsterWorld(world, 3);
  for (let i = 0; i < clients; i++) napster.addClient(logins, 3);
  world.runFor(20_000);
  const find = (asker: number, owner: number): string[] => {
    const found: string[] = [];
    napster.onHit = (client, _search, hit) => {
      if (client.number === asker) found.push(`${hit.nick} ${hit.file.path}`);
    };
    napster.clients[asker]?.node.search({ words: sharedWordOf(owner), urn: "", name: "" });
    world.runFor(3000);
    return found.toSorted();
  };
  const homes = napster.clients.map(({ nick }) =>
    napster.servers.findIndex(({ node }) => node.user(nick) !== undefined),
  );
  return { world, napster, find, homes };
}

const filesOf = (owner: number): string[] =>
  [0, 1, 2].map((file) => `user${owner} ${sharedWordOf(owner)}\\track${file}.mp3`);

describe("three index servers and their clients", () => {
  test("are as one: whoever is at one finds what is shared at another, each file once", () => {
    const { find, homes, napster } = world(12);
    expect(new Set(homes)).toEqual(new Set([0, 1, 2]));
    const elsewhere = homes.findIndex((home) => home !== homes[0]);
    expect(find(0, elsewhere)).toEqual(filesOf(elsewhere));
    expect(napster.clients.map((client) => napster.placesOf(client))).toEqual(homes.map(() => 1));
  });

  test("lose no client when a server dies, and have as many servers as before when it is back", () => {
    const { world: lab, find, homes, napster } = world(12);
    const owner = homes.indexOf(0);
    const asker = homes.findIndex((home) => home !== 0);
    const server = napster.servers[0] as LabIndexServer;
    napster.crash(server);
    expect(napster.placesOf(napster.clients[owner] as (typeof napster.clients)[0])).toBe(0);
    lab.runFor(10_000);
    expect(find(asker, owner)).toEqual(filesOf(owner));

    napster.restart(server);
    lab.runFor(10_000);
    expect(napster.servers.map(({ mesh }) => mesh.servers().length)).toEqual([2, 2, 2]);
  });
});

describe("the experiment", () => {
  const SMALL: Settings = { clients: 30, files: 5 };

  test.each(["killed", "vanished"])("finds everybody again within ten seconds when a server is %s", (end) => {
    const { values } = runProgram(napsterUnion, { ...SMALL, end });
    expect(values).toMatchObject({ "back.never": 0, "found.never": 0 });
    expect(values["moved"]).toBeGreaterThan(0);
    expect(values["back.max"]).toBeLessThan(10);
    expect(values["found.max"]).toBeLessThan(10);
    // Silence takes longer to notice than a broken connection.
    if (end === "vanished") expect(values["back.max"]).toBeGreaterThan(4);
  });

  test("has nobody to wait for where each client is at two servers", () => {
    const { values } = runProgram(napsterUnion, { ...SMALL, logins: 2 });
    expect(values).toMatchObject({ moved: 0, "back.max": 0, "found.never": 0 });
  });

  test("is the same for the same seed, whether messages are encoded or handed over", () => {
    const settings = { clients: 12, files: 3, servers: 3, logins: 1, end: "killed" };
    const [wire, message] = (["wire", "message"] as const).map((fidelity) =>
      napsterUnion.run({ seed: "9", settings, fidelity, progress: () => {} }),
    );
    expect(wire).toEqual(message);
  });
});
