// Searches across the tree.
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "../server/limits.ts";
import type { TestServer } from "../server/server-fixture.ts";
import { linkable, linked, loginOf } from "./fellow-fixture.ts";
import { LINK_LIMITS } from "./limits.ts";

const MEASURES = "abc 2048 128 44100 10";

function sharer(server: TestServer, nick: string, count: number) {
  const who = server.login(nick, { ip: "10.0.0.7" });
  for (let i = 0; i < count; i++) who.send(100, `"tide ${i}.mp3" ${MEASURES}`);
  return who;
}

/** What came over a link as a search: its id and the rest. */
function searchIn(lines: readonly string[]): { id: string; rest: string } {
  const [, id = "", rest = ""] =
    /^10015 \S+ ([A-Z]{8}) (.*)$/.exec(lines.find((line) => line.startsWith("10015")) ?? "") ?? [];
  return { id, rest };
}

test("our user's search asks the links for what is still wanted, and ends when all have said all", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.send(2, loginOf("nora", { port: 6699, ip: 167_772_170 }));
  sharer(server, "bob", 2);
  const alice = server.login("alice");
  alice.take();
  north.take();
  south.take();

  alice.send(200, 'FILENAME CONTAINS "tide" MAX_RESULTS 5');
  expect(alice.take().map((line) => line.slice(0, 3))).toEqual(["201", "201"]);
  const { id, rest } = searchIn(north.take());
  expect(rest).toBe('FILENAME CONTAINS "tide" MAX_RESULTS 3');
  expect(searchIn(south.take())).toEqual({ id, rest });
  north.send(10_016, `${id} nora "her tide.mp3" ${MEASURES}`).send(10_017, id);
  expect(alice.take()).toEqual([`201 "her tide.mp3" ${MEASURES} nora 167772170 4`]);
  south.send(10_017, id);

  expect(alice.take()).toEqual(["202"]);
});

test("a search that finds enough here, or wants to stay here, asks nobody", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  sharer(server, "bob", 5);
  const alice = server.login("alice");
  north.take();
  expect(alice.ask(200, 'FILENAME CONTAINS "tide" MAX_RESULTS 5').at(-1)).toBe("202");
  expect(alice.ask(200, 'FILENAME CONTAINS "tide" LOCAL_ONLY').at(-1)).toBe("202");
  expect(north.take()).toEqual([]);
});

test("a link that says nothing, and one that is lost, keep nobody waiting", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  const alice = server.login("alice");
  alice.take();
  alice.send(200, 'FILENAME CONTAINS "tide"');
  south.hangUp();
  expect(alice.take()).toEqual([]);
  server.runFor(SERVER_LIMITS.openSearchMs + 1);
  expect(alice.take()).toEqual(["202"]);

  alice.send(200, 'FILENAME CONTAINS "tide"');
  north.hangUp();
  expect(alice.take()).toEqual(["202"]);
});

test("their search gets our hits and goes on for the rest; the end goes back when all behind us have said it", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  const west = linked(server, "west");
  north.send(2, loginOf("nora"));
  south.send(2, loginOf("sam", { server: "south" }));
  sharer(server, "bob", 2);
  server.runFor(2000);
  for (const fellow of [north, south, west]) fellow.take();

  north.send(10_015, 'nora ABCDEFGH FILENAME CONTAINS "tide " MAX_RESULTS 10');
  expect(north.take()).toEqual([
    `10016 ABCDEFGH bob "tide 1.mp3" ${MEASURES}`,
    `10016 ABCDEFGH bob "tide 0.mp3" ${MEASURES}`,
  ]);
  expect(south.take()).toEqual(['10015 nora ABCDEFGH FILENAME CONTAINS "tide " MAX_RESULTS 8']);
  expect(west.take()).toEqual(['10015 nora ABCDEFGH FILENAME CONTAINS "tide " MAX_RESULTS 8']);

  west.send(10_017, "ABCDEFGH");
  south.send(10_016, `ABCDEFGH sam "his tide.mp3" ${MEASURES}`);
  expect(north.take()).toEqual([`10016 ABCDEFGH sam "his tide.mp3" ${MEASURES}`]);
  for (let i = 0; i < 20; i++) south.send(10_016, `ABCDEFGH sam "tide ${i}.mp3" ${MEASURES}`);
  expect(north.take()).toHaveLength(7);
  south.send(10_017, "ABCDEFGH");
  expect(north.take()).toEqual(["10017 ABCDEFGH"]);
});

test("their search waits for a silent link behind us only so long", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  linked(server, "south");
  north.send(2, loginOf("nora"));
  north.take();
  expect(north.ask(10_015, 'nora ABCDEFGH FILENAME CONTAINS "tide"')).toEqual([]);
  server.runFor(LINK_LIMITS.searchMs + LINK_LIMITS.tickMs);
  expect(north.take()).toEqual(["10017 ABCDEFGH"]);
});

test.each([
  ["of somebody who is not there", 'nobody ABCDEFGH FILENAME CONTAINS "tide"'],
  ["that nobody can read", "nora ABCDEFGH FILENAME RHYMES"],
  ["of another link's user", 'sam ABCDEFGH FILENAME CONTAINS "tide"'],
])("a search %s ends at once", (_name, search) => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.send(2, loginOf("nora"));
  south.send(2, loginOf("sam", { server: "south" }));
  north.take();
  south.take();
  expect(north.ask(10_015, search)).toEqual(["10017 ABCDEFGH"]);
  expect(south.take()).toEqual([]);
});

test("a link cannot answer for another, hand out hits of others' users, or more than were wanted", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.send(2, loginOf("nora"));
  south.send(2, loginOf("sam", { server: "south" }));
  const alice = server.login("alice");
  alice.take();
  north.take();

  alice.send(200, 'FILENAME CONTAINS "tide" MAX_RESULTS 2');
  const { id } = searchIn(north.take());
  south.send(10_017, id).send(10_016, `${id} sam "late.mp3" ${MEASURES}`);
  north.send(10_016, `${id} sam "not mine.mp3" ${MEASURES}`);
  expect(alice.take()).toEqual([]);
  for (let i = 0; i < 5; i++) north.send(10_016, `${id} nora "tide ${i}.mp3" ${MEASURES}`);

  expect(alice.take().map((line) => line.slice(0, 3))).toEqual(["201", "201", "202"]);
});

test("searches that wait are bounded for each link", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  linked(server, "south");
  north.send(2, loginOf("nora"));
  north.take();
  for (let i = 0; i < LINK_LIMITS.searchesPerLinkMax + 5; i++)
    north.send(10_015, `nora ID${i} FILENAME CONTAINS "tide"`);
  expect(north.take()).toHaveLength(5);
});
