// A server that does not play by the rules: it is cut off, and nobody else is harmed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { MESSAGE } from "../messages.ts";
import { greet, linkable, linked, loginOf } from "./fellow-fixture.ts";
import { LINK_LIMITS } from "./limits.ts";

test("who speaks for users that are not behind it is not heard, and in the end cut off", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  south.send(2, loginOf("sam", { server: "south" }));
  const alice = server.login("alice");
  server.login("bob");
  alice.take();
  south.take();

  north
    .send(205, ":bob alice send me your password")
    .send(205, ":sam alice me too")
    .send(703, ":sam 1")
    .send(10_000, "sam")
    .send(10_000, "bob")
    .send(610, ':south alice "out"')
    .send(205, ":ghost alice boo");
  expect(alice.take()).toEqual([]);
  expect(alice.closed).toBeUndefined();
  expect(south.take()).toEqual([]);
  expect(links.userCount).toBe(1);

  for (let i = 0; i < LINK_LIMITS.strikesMax; i++) north.send(205, ":bob alice again");
  expect(north.closed).toBe("breaks the rules: message 205 in the name of bob");
});

test("who floods is cut off, and its users are gone with it", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora"));
  let sent = 0;
  while (north.closed === undefined && sent < 2 * LINK_LIMITS.messagesBurst) {
    north.send(220, ":nora");
    sent++;
  }
  expect(north.closed).toBe("sends too much");
  expect(sent).toBeLessThanOrEqual(LINK_LIMITS.messagesBurst + 10);
  expect(links.userCount).toBe(0);
});

test("who floods with searches is cut off sooner", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora"));
  let sent = 0;
  while (north.closed === undefined && sent < LINK_LIMITS.messagesBurst) {
    north.send(10_015, `nora ID${sent} FILENAME CONTAINS "tide"`).take();
    sent++;
  }
  expect(north.closed).toBe("sends too much");
  expect(sent).toBeLessThanOrEqual(LINK_LIMITS.messagesBurst / LINK_LIMITS.workOfSearch + 1);
});

test("who names more servers than there can be is cut off; who names those of others is not believed", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  north.send(10_019, "south 1 elsewhere 1 2");
  expect(links.servers()).toEqual(["north"]);

  let last = "north";
  for (let i = 0; i <= LINK_LIMITS.serversMax; i++) {
    north.send(10_019, `${last} 1 far${i} 1 ${Math.min(i + 2, LINK_LIMITS.hopsMax)}`);
    last = `far${i}`;
  }

  expect(north.closed).toBe("too many servers");
  expect(links.servers()).toEqual([]);
});

test("who names more users than a large network has is cut off", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  for (let i = 0; i <= LINK_LIMITS.usersPerLinkMax; i++) north.send(2, loginOf(`u${i}`));
  expect(north.closed).toBe("too many users");
  expect(links.userCount).toBe(0);
});

test("who is gone counts no more: a link may have as many users again", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < LINK_LIMITS.usersPerLinkMax; i++) north.send(2, loginOf(`u${i}`));
    for (let i = 0; i < LINK_LIMITS.usersPerLinkMax; i++) north.send(10_000, `u${i}`);
    server.runFor(10_000);
  }
  north.send(2, loginOf("last"));
  expect(north.closed).toBeUndefined();
  expect(links.userCount).toBe(1);
});

test("where all links together have too many users, the one with most goes, whoever speaks", () => {
  const { server, links } = linkable();
  const { usersMax } = LINK_LIMITS;
  const most = 20_000;
  const fellows = ["north", "west", "south"].map((name) => ({ name, link: linked(server, name) }));
  const counts = [most - 1, most, usersMax - 2 * most + 1];
  for (const [i, { name, link }] of fellows.entries()) {
    for (let user = 0; user < (counts[i] as number); user++) link.send(2, loginOf(`${name}${user}`, { server: name }));
    for (const each of fellows) each.link.take();
  }
  expect(links.userCount).toBe(usersMax);

  const [north, west, south] = fellows.map(({ link }) => link);
  expect(south?.ask(2, loginOf("late", { server: "south" }))).toContain('610 :test late "too many users"');
  server.runFor(LINK_LIMITS.tickMs);
  expect([north?.closed, west?.closed, south?.closed]).toEqual([undefined, "too many users", undefined]);
  south?.send(2, loginOf("late", { server: "south" }));
  expect(links.userCount).toBe(usersMax - most + 1);
});

test("who says of all its users that they were there first ends a bounded number of sessions, also when it links again", () => {
  const { server } = linkable({}, { options: { usersMax: 1000 } });
  const users = Array.from({ length: 300 }, (_, i) => server.login(`user${i}`, { ip: `10.0.${i >> 5}.1` }));
  const gone = () => users.filter(({ closed }) => closed !== undefined).length;
  const north = linked(server, "north");
  for (let i = 0; i < 300; i++) north.send(2, loginOf(`user${i}`, { at: 0 }));
  expect(north.closed).toBe("ends too many sessions of others");
  expect(gone()).toBe(LINK_LIMITS.endingsBurst);

  const again = linked(server, "north");
  for (let i = 299; i >= 0; i--) again.send(610, `:north user${i} "because"`);
  expect(again.closed).toBe("ends too many sessions of others");
  expect(gone()).toBe(LINK_LIMITS.endingsBurst);
});

test("who ends sessions behind other links is cut off as soon", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  for (let i = 0; i < 300; i++) south.send(2, loginOf(`user${i}`, { server: "south" }));
  for (let i = 0; i < 300; i++) {
    if (i % 2 === 0) north.send(610, `:north user${i} "because"`);
    else north.send(2, loginOf(`user${i}`, { at: 0 }));
  }
  expect(north.closed).toBe("ends too many sessions of others");
  expect(south.closed).toBeUndefined();
  expect(links.userCount).toBe(300 - LINK_LIMITS.endingsBurst);
});

test("who does not read is cut off when too much waits", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const alice = server.login("alice");
  north.send(2, loginOf("nora"));
  north.isStuck = true;
  const words = "x".repeat(1000);
  for (let i = 0; i < 3000 && north.closed === undefined; i++) {
    alice.send(205, `nora ${words}`);
    server.runFor(60);
  }
  expect(north.closed).toBe("does not keep up");
  expect(alice.closed).toBeUndefined();
});

test("a link that is told of users faster than it reads is told later, and is not cut off for it", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.isStuck = true;
  for (let i = 0; i < 30_000; i++) south.send(2, loginOf(`user${i}`, { server: "south" }));
  for (let i = 0; i < 29_990; i++) south.send(10_000, `user${i}`);
  expect(north.closed).toBeUndefined();

  const heard = north.take();
  for (let reads = 0; reads < 40; reads++) {
    north.read();
    heard.push(...north.take());
  }

  const told = new Set<string>();
  for (const line of heard) {
    const [type, nick = ""] = line.split(" ");
    if (type === "2") told.add(nick);
    if (type === "10000") told.delete(nick);
  }
  expect(told.size).toBe(10);
});

test("logins that cannot be read are refused one by one", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  for (const login of [
    "",
    "nora",
    `#nora ${loginOf("x").slice(2)}`,
    loginOf("nora").replace("6699", "66990"),
    loginOf("nora").replace(" 4 ", " 44 "),
    loginOf("nora").replace("token", "t".repeat(200)),
    loginOf("nora").replace("16777226", "somewhere"),
    loginOf("nora").replace(" north ", ' "two words" '),
  ]) {
    const answer = north.ask(2, login);
    expect(answer).toEqual(login === "" ? [] : [expect.stringMatching(/^610 :test \S+ "bad login message"$/)]);
  }
  expect(links.userCount).toBe(0);
  expect(north.closed).toBeUndefined();
});

test("strangers that begin handshakes and leave them do not keep servers out for long", () => {
  const { server } = linkable();
  for (let i = 0; i < 100; i++) greet(server, "north");
  server.runFor(LINK_LIMITS.handshakeMs + LINK_LIMITS.tickMs);
  expect(linked(server, "north").closed).toBeUndefined();
});

test("whatever a link says, nothing is thrown, tables stay bounded and our users stay", () => {
  const types = [...Object.values(MESSAGE), 10_021, 10_022, 10_024];
  const names = [
    "nora",
    ":nora",
    ":north",
    ":south",
    "north",
    "south",
    "alice",
    ":alice",
    ":sam",
    "sam",
    ":test",
    "west",
  ];
  const others = [
    "0",
    "1",
    "65536",
    "4294967296",
    "-1",
    '"',
    '"a b"',
    "#tide",
    "Elite",
    "FILENAME",
    "CONTAINS",
    "\0\0\x94\x01",
  ];
  const logins = [loginOf("nora"), loginOf("alice", { at: 2_000_000 }), loginOf("n2", { server: "west" })];
  const word = fc.constantFrom(...names, ...others, ...logins);
  const message = fc.tuple(fc.constantFrom(...types), fc.array(word, { maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
      const { server, links } = linkable();
      const north = linked(server, "north");
      const south = linked(server, "south");
      south.send(2, loginOf("sam", { server: "south" }));
      const olga = server.login("olga");
      for (const [type, words] of messages) north.send(type, words.join(" "));
      server.runFor(LINK_LIMITS.searchMs + 1000);

      expect(olga.closed).toBeUndefined();
      expect(south.closed).toBeUndefined();
      expect(olga.ask(600, "sam")).toEqual(["601 sam 4"]);
      expect(links.userCount).toBeLessThan(10);
    }),
    { numRuns: 300 },
  );
});
