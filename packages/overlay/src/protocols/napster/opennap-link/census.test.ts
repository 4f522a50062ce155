// Who is where, as servers tell each other, and who keeps a name.
import { expect, test } from "vitest";
import { LEVEL } from "../server/accounts.ts";
import { TestAccounts } from "../server/server-fixture.ts";
import { link, linkable, linked, loginOf, proofFor } from "./fellow-fixture.ts";
import { LINK_LIMITS } from "./limits.ts";

const OPERATORS = () => new TestAccounts({ nick: "olga", level: LEVEL.moderator, password: "secret" });

test("a new link hears of every user, of his level and library, and never of his password", () => {
  const { server } = linkable({}, { accounts: OPERATORS() });
  const alice = server.login("alice", { ip: "10.0.0.4", port: 6701, password: "hunter2" });
  alice.send(100, '"\\m\\tide.mp3" abc 2048 128 44100 10');
  server.login("olga", { password: "secret" });
  server.runFor(5000);

  const heard = link(server, "north").take();

  expect(heard[0]).toBe("10023 :test 1000006");
  expect(heard[1]).toMatch(/^2 alice [0-9A-F]{16} 6701 "test 1" 7 unknown 1000001 67108874 test \d+$/);
  expect(heard[2]).toBe("10012 alice 1 2");
  expect(heard[3]).toMatch(/^2 olga [0-9A-F]{16} /);
  expect(heard.slice(4)).toEqual(["606 :test olga Moderator", "10262"]);
  expect(heard.join()).not.toMatch(/hunter2|secret/);
});

test("what a user does later all links hear, his library once a second or before anything else", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const alice = server.login("alice");
  expect(north.take()[0]).toMatch(/^2 alice /);

  for (let i = 0; i < 5; i++) alice.send(100, `"tide ${i}.mp3" abc 1024 128 44100 10`);
  expect(north.take()).toEqual([]);
  server.runFor(LINK_LIMITS.sharedEveryMs + LINK_LIMITS.tickMs);
  expect(north.take()).toEqual(["10012 alice 5 5"]);
  alice.send(102, "tide 0.mp3").send(703, "7000").send(700, "3").send(220).send(221);
  expect(north.take()).toEqual(["10012 alice 4 4", "703 :alice 7000", "700 :alice 3", "220 :alice", "221 :alice"]);
  alice.hangUp();
  expect(north.take()).toEqual(["10000 alice"]);
});

test("what one link says of its users the others hear, and only they", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.take();

  north
    .send(2, loginOf("nora"))
    .send(606, ":north nora Admin")
    .send(10_012, "nora 3 900")
    .send(703, ":nora 7001")
    .send(218, ":nora")
    .send(400, ":nora #tides")
    .send(402, ":nora #tides hello there")
    .send(10_000, "nora");

  expect(south.take()).toEqual([
    `2 ${loginOf("nora")}`,
    "606 :north nora Admin",
    "10012 nora 3 900",
    "703 :nora 7001",
    "218 :nora",
    "400 :nora #tides",
    "402 :nora #tides hello there",
    "10000 nora",
  ]);
  expect(north.take()).toEqual([]);
});

test("a link that comes later hears of users behind the others, with what has become of them", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(10_019, "north 8888 west 8888 2");
  north
    .send(2, loginOf("nora", { server: "west" }))
    .send(10_012, "nora 3 900")
    .send(703, ":nora 7001");

  const heard = link(server, "south").take();

  expect(heard).toEqual([
    "10023 :test 1000001",
    "10019 test 8888 north 8888 2",
    "10019 north 8888 west 8888 3",
    `2 ${loginOf("nora", { server: "west", port: 7001 })}`,
    "10012 nora 3 900",
    "10262",
  ]);
  expect(north.take()).toContain("10019 test 8888 south 8888 2");
});

test("statistics and the list of links count everybody and everything in the tree", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north
    .send(10_019, "north 8888 west 8888 2")
    .send(2, loginOf("nora"))
    .send(2, loginOf("wes", { server: "west" }));
  north.send(10_012, "nora 3 900").send(10_012, "wes 40 3000000").send(10_012, "wes 30 2097152");
  const alice = server.login("alice").send(100, '"tide.mp3" abc 2048 128 44100 10');
  alice.take();

  expect(alice.ask(214)).toEqual(["214 3 34 2"]);
  expect(alice.ask(10_112)).toEqual(["10112 test 8888 north 8888 1", "10112 north 8888 west 8888 2", "10112"]);
  north.send(10_000, "wes");
  expect(alice.ask(214)).toEqual(["214 2 4 0"]);
});

test("when a link is lost everybody behind it is gone, for us and for the others", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.send(2, loginOf("nora")).send(2, loginOf("nils"));
  south.send(2, loginOf("sam", { server: "south" }));
  const watcher = server.login("alice").send(207, "nora");
  expect(watcher.take()).toEqual(["301 nora", "209 nora 4"]);
  south.take();

  north.hangUp();

  expect(south.take()).toEqual(["10020 :test north", "10000 nora", "10000 nils"]);
  expect(watcher.take()).toEqual(["210 nora"]);
  expect(links.userCount).toBe(1);
  expect(watcher.ask(600, "sam")).toEqual(["601 sam 4"]);
  expect(watcher.ask(600, "nora")).toEqual(["404 User is not currently online."]);
});

test.each(["10020 :north west", '10101 :north west "EOF"'])(
  "a split farther away takes its users with it: %s",
  (said) => {
    const { server, links } = linkable();
    const north = linked(server, "north");
    const south = linked(server, "south");
    north.send(10_019, "north 8888 west 8888 2");
    north.send(10_019, "west 8888 farwest 8888 3");
    north
      .send(2, loginOf("nora"))
      .send(2, loginOf("wes", { server: "west" }))
      .send(2, loginOf("fay", { server: "farwest" }));
    south.take();

    north.send(Number(said.slice(0, 5)), said.slice(6));

    expect(south.take()).toEqual(["10020 :north west", "10000 wes", "10000 fay"]);
    expect(links.servers()).toEqual(["north", "south"]);
  },
);

test("of two of one name the earlier login stays: ours, and the other server is told to let its own go", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  server.login("alice");
  north.take();

  north.send(2, loginOf("Alice", { at: 1_000_050 }));

  const heard = north.take();
  expect(heard[0]).toBe('610 :test Alice "nick collision (north test)"');
  // Their kill may hit our user in their table, so he is named again.
  expect(heard[1]).toMatch(/^2 alice /);
  expect(links.userCount).toBe(0);
});

test("of two of one name the earlier login stays: theirs, and only the others hear that ours is gone", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  const alice = server.login("alice");
  north.take();
  south.take();

  north.send(2, loginOf("alice", { at: 500 }));

  expect(alice.closed).toBe("Somebody logged in under your name earlier.");
  expect(south.take()).toEqual(['610 :test alice "nick collision (north test)"', `2 ${loginOf("alice", { at: 500 })}`]);
  expect(north.take()).toEqual([]);
  expect(links.userCount).toBe(1);
});

test("between two links the earlier login stays, whichever came to us first", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  north.take();
  north.send(2, loginOf("nora", { at: 700 }));
  south.take();

  south.send(2, loginOf("nora", { at: 800, server: "south" }));
  expect(south.take()).toEqual(['610 :test nora "nick collision (south north)"', `2 ${loginOf("nora", { at: 700 })}`]);
  expect(north.take()).toEqual([]);

  south.send(2, loginOf("nora", { at: 600, server: "south" }));
  expect(north.take()).toEqual([
    '610 :test nora "nick collision (south north)"',
    `2 ${loginOf("nora", { at: 600, server: "south" })}`,
  ]);
});

test("a name that is registered here nobody bears elsewhere, unless the link is trusted", () => {
  const wary = linkable({}, { accounts: OPERATORS() });
  const north = linked(wary.server, "north");
  expect(north.ask(2, loginOf("olga"))).toEqual(['610 :test olga "the name is registered here"']);
  const olga = wary.server.login("olga", { password: "secret" });
  north.take();
  north.send(2, loginOf("olga", { at: 5 }));
  expect(olga.closed).toBeUndefined();
  expect(north.take()[0]).toBe('610 :test olga "nick collision (north test)"');

  const trusting = linkable({ isTrusted: true }, { accounts: OPERATORS() });
  linked(trusting.server, "north").send(2, loginOf("olga"));
  expect(trusting.links.userCount).toBe(1);
});

test("who wants to log in here under a name that is taken elsewhere is refused, but not who comes back from there", () => {
  const { server, links } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora", { ip: 167_772_170 }));
  expect(server.connect("10.0.0.9").ask(2, 'nora pw 6699 "x 1" 3')).toEqual(["0 nora is already active"]);
  expect(north.take()).toEqual([]);

  // 167772170 is 10.0.0.10, its bytes read from the left.
  server.login("nora", { ip: "10.0.0.10" });

  const heard = north.take();
  expect(heard[0]).toBe('610 :test nora "ghost (north)"');
  expect(heard[1]).toMatch(/^2 nora /);
  expect(links.userCount).toBe(0);
});

test("who asks whether a name is free hears of those who bear it elsewhere, unless that is himself", () => {
  const { server } = linkable();
  linked(server, "north").send(2, loginOf("nora", { ip: 167_772_170 }));
  expect(server.connect("10.0.0.9").ask(7, "Nora")).toEqual(["9"]);
  expect(server.connect("10.0.0.9").ask(7, "nobody")).toEqual(["8"]);
  expect(server.connect("10.0.0.10").ask(7, "nora")).toEqual(["8"]);
});

test("a kill from a link ends no session of a registered user", () => {
  const accounts = new TestAccounts({ nick: "rita", level: LEVEL.user, password: "secret" });
  const { server, links } = linkable({}, { accounts });
  const rita = server.login("rita", { password: "secret" });
  linked(server, "north").send(610, ':north rita "because"');
  expect(rita.closed).toBeUndefined();
  expect(links.counters).toMatchObject({ kills: 0, killsRefused: 1 });
});

test("a kill from a link ends a session of a user, not one of a moderator", () => {
  const { server, links } = linkable({}, { accounts: OPERATORS() });
  const north = linked(server, "north");
  const south = linked(server, "south");
  const alice = server.login("alice");
  const olga = server.login("olga", { password: "secret" });
  north.take();
  south.take();

  north.send(610, ':north alice "ghost (test)"').send(610, ':north olga "because"');

  expect(alice.closed).toBe("You have been killed by north: ghost (test)");
  expect(south.take()).toEqual(['610 :north alice "ghost (test)"']);
  // The name is north's now: an end would be an end of its own user.
  expect(north.take()).toEqual([]);
  expect(olga.closed).toBeUndefined();
  expect(olga.take()).toContain("404 north on north may not kill olga: because");
  expect(links.counters).toMatchObject({ kills: 1, killsRefused: 1 });
});

test("a trusted link ends a session of a moderator, too", () => {
  const { server } = linkable({ isTrusted: true }, { accounts: OPERATORS() });
  const olga = server.login("olga", { password: "secret" });
  linked(server, "north").send(610, ':north olga "because"');
  expect(olga.closed).toBe("You have been killed by north: because");
});

test("a link may not raise a user of ours, nor a user of its own to rights here", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const alice = server.login("alice");
  north.send(2, loginOf("nora")).send(606, ":north alice Elite").send(606, ":north nora Elite");

  expect(alice.ask(612, "bob")).toEqual(["404 permission denied"]);
  expect(alice.ask(603, "nora")[0]).toMatch(/^604 nora "Elite" /);
});

test("a link that does not keep up with what it is told at first is told the rest as it reads, then that this was all", () => {
  const { server } = linkable({}, { options: { usersMax: 2000 } });
  const users = Array.from({ length: 1500 }, (_, i) => server.login(`user${i}`, { ip: `10.0.${i >> 5}.1` }));
  const north = server.connect("10.1.0.1");
  north.isStuck = true;
  north.send(10_010, "north 0123456789ABCDEF 1");
  const [greeting = ""] = north.take();
  north.send(10_011, proofFor(greeting.slice(6)));
  const first = north.take();
  expect(first.length).toBeLessThan(1400);

  server.login("late");
  // Of somebody whom it has not heard of yet it hears first who he is, and of somebody who is gone nothing.
  users[1499]?.send(703, "7777");
  users[1498]?.hangUp();
  for (let reads = 0; reads < 5; reads++) {
    north.read();
    north.isStuck = true;
  }

  const all = [...first, ...north.take()];
  const names = all.filter((line) => line.startsWith("2 ")).map((line) => line.split(" ")[1]);
  expect(new Set(names).size).toBe(1500);
  expect(names).toHaveLength(1500);
  expect(names).not.toContain("user1498");
  const changed = all.indexOf("703 :user1499 7777");
  expect(all[changed - 1]).toMatch(/^2 user1499 [0-9A-F]{16} 7777 /);
  expect(all.filter((line) => line === "10262")).toHaveLength(1);
});
