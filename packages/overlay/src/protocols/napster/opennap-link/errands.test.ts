// What users of different servers want of each other.
import { expect, test } from "vitest";
import type { TestClient } from "../server/server-fixture.ts";
import { linkable, linked, loginOf } from "./fellow-fixture.ts";

const PATH = '"\\m\\tide song.mp3"';
const SHARE = `${PATH} abc 2048 128 44100 10`;

/** Alice of ours, and nora behind a link. */
function pair(noraPort = 6699, alicePort = 6701) {
  const { server, links } = linkable();
  const north = linked(server, "north");
  const alice = server.login("alice", { port: alicePort });
  alice.send(100, SHARE);
  north.send(2, loginOf("nora", { port: noraPort })).send(10_012, "nora 3 900");
  // Its library is told.
  server.runFor(2000);
  north.take();
  alice.take();
  return { server, links, north, alice };
}

/** An answer as it comes back to another server's user. */
function envelope(nick: string, type: number, text: string): string {
  const head = String.fromCharCode(text.length & 0xff, text.length >> 8, type & 0xff, type >> 8);
  return `10018 :test ${nick} ${head}${text}`;
}

function reply(north: TestClient, type: number, text: string, nick = "alice"): void {
  north.send(10_018, envelope(nick, type, text).replace(":test", ":north").slice(6));
}

test("a message, a ping and its answer cross in both directions", () => {
  const { north, alice } = pair();

  alice.send(205, "nora hello  there").send(751, "nora");
  expect(north.take()).toEqual(["205 :alice nora hello  there", "751 :alice nora"]);
  north.send(752, ":nora alice");
  expect(alice.take()).toEqual(["752 nora"]);

  north.send(205, ":nora alice hello yourself").send(751, ":nora alice");
  expect(alice.take()).toEqual(["205 nora hello yourself", "751 nora"]);
  alice.send(752, "nora");
  expect(north.take()).toEqual([envelope("nora", 752, "alice")]);
});

test("our user gets a file of theirs", () => {
  const { north, alice } = pair();

  alice.send(203, 'nora "her song.mp3"');
  expect(north.take()).toEqual(['607 :alice nora "her song.mp3"']);
  reply(north, 204, 'nora 1 6699 "her song.mp3" abc 4');

  expect(alice.take()).toEqual(['204 nora 1 6699 "her song.mp3" abc 4']);
});

test("their user gets a file of ours", () => {
  const { north, alice } = pair();

  north.send(607, `:nora alice ${PATH} 4`);
  expect(alice.take()).toEqual([`607 nora ${PATH}`]);
  alice.send(608, `nora ${PATH}`);

  expect(north.take()).toEqual([envelope("nora", 204, `alice 16777226 6701 ${PATH} abc 7`)]);
});

test("our firewalled user pushes to theirs, whose server asks with the same message as for a download", () => {
  const { north, alice } = pair(6699, 0);

  north.send(203, `:nora alice ${PATH}`);
  expect(north.take()).toEqual([envelope("nora", 204, `alice 16777226 0 ${PATH} abc 7`)]);
  north.send(607, `:nora alice ${PATH}`);
  expect(alice.take()).toEqual([`607 nora ${PATH}`]);
  alice.send(608, `nora ${PATH}`);

  expect(alice.take()).toEqual([`501 nora 16777226 6699 ${PATH} abc 4`]);
  expect(north.take()).toEqual([]);
});

test("their firewalled user is asked for a push, and two firewalled users are told that it cannot be", () => {
  const { north, alice } = pair(0);
  alice.send(203, 'nora "her song.mp3"').send(500, 'nora "her song.mp3"');
  expect(north.take()).toEqual(['203 :alice nora "her song.mp3"', '607 :alice nora "her song.mp3"']);

  const both = pair(0, 0);
  expect(both.alice.ask(500, 'nora "her song.mp3"')).toEqual(['204 nora 16777226 0 "her song.mp3" firewallerror 4']);
  expect(pair().alice.ask(500, 'nora "her song.mp3"')).toEqual(["404 nora is not firewalled"]);
});

test("browsing crosses in both directions", () => {
  const { north, alice } = pair();
  alice.send(211, "nora 40");
  expect(north.take()).toEqual(["211 :alice nora 40"]);
  reply(north, 212, 'nora "her song.mp3" abc 1 128 44100 10');
  reply(north, 213, "nora 16777226");
  expect(alice.take()).toEqual(['212 nora "her song.mp3" abc 1 128 44100 10', "213 nora 16777226"]);

  north.send(211, ":nora alice 500");
  expect(north.take()).toEqual([
    envelope("nora", 212, `alice ${PATH} abc 2048 128 44100 10`),
    envelope("nora", 213, "alice 16777226"),
  ]);
});

test("direct browsing: the question goes there, the address comes back", () => {
  const { north, alice } = pair();
  alice.send(640, "nora");
  expect(north.take()).toEqual(["640 :alice nora"]);
  north.send(641, ":nora alice");
  expect(alice.take()).toEqual(["641 nora 16777226 6699"]);

  north.send(640, ":nora alice");
  expect(alice.take()).toEqual(["640 nora"]);
  alice.send(641, "nora");
  expect(north.take()).toEqual([envelope("nora", 641, "alice 16777226 6701")]);
});

test("who somebody is and how fast, our own table of users says", () => {
  const { north, alice } = pair();
  expect(alice.ask(600, "NORA")).toEqual(["601 nora 4"]);
  expect(alice.ask(603, "nora")).toEqual(['604 nora "User" 1 " " "Active" 3 0 0 4 "far 1"'.replace(" 1 ", " 999003 ")]);
  expect(north.take()).toEqual([]);
});

test("a refusal of ours comes back to their user", () => {
  const { north, alice } = pair();
  alice.send(322, "nora");
  north.send(205, ":nora alice hello");
  expect(north.take()).toEqual([envelope("nora", 404, "alice is ignoring you.")]);
});

test("between two links commands and answers pass through", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.send(2, loginOf("nora"));
  south.send(2, loginOf("sam", { server: "south" }));
  north.take();
  south.take();

  north.send(205, ":nora sam hello there").send(607, ':nora sam "song.mp3" 7');
  // Version 0.36 drops an upload request with anything behind the path.
  expect(south.take()).toEqual(["205 :nora sam hello there", '607 :nora sam "song.mp3"']);
  const answer = envelope("nora", 204, 'sam 1 2 "song.mp3" abc 4').slice(6).replace(":test", ":south");
  south.send(10_018, answer);
  expect(north.take()).toEqual([`10018 ${answer}`]);

  north.send(750, ":north south 1 2");
  expect(south.take()).toEqual(["750 :north south 1 2"]);
  south.send(10_022, ":south north 1 2");
  expect(north.take()).toEqual(["10022 :south north 1 2"]);
});

test("an envelope may bring answers, and nothing that makes a client connect or run anything", () => {
  const { links, north, alice } = pair();
  reply(north, 404, "a word");
  expect(alice.take()).toEqual(["404 a word"]);

  for (const type of [5, 501, 607, 640, 748, 316, 821, 900, 901]) reply(north, type, "1.2 example.org:program");
  north.send(10_018, ":north alice xx").send(10_018, ":north alice \x09\0\x94\x01short");

  expect(alice.take()).toEqual([]);
  expect(links.counters.strikes).toBe(11);
});
