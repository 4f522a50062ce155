// Several servers as one: searches, transfers, messages across them, and what a hostile one among them can do.
import { expect, test } from "vitest";
import type { SearchHit } from "../shared-file.ts";
import { LEVEL } from "./accounts.ts";
import { SERVER_LIMITS } from "./limits.ts";
import { TestAccounts, TestServer, TestUnion } from "./server-fixture.ts";
import type { UnionMessage } from "./union.ts";

const MD5 = "631072b944eb6196797ab6a534b1ab97";
const PATH = '"C:\\Music\\blue tide.mp3"';
const SHARE = `${PATH} ${MD5} 1000 128 44100 200`;
const TIDE = 'FILENAME CONTAINS "tide"';

function world() {
  const union = new TestUnion();
  const [a, b, c] = [new TestServer(), new TestServer(), new TestServer()];
  union.add("a", a);
  union.add("b", b);
  union.add("c", c);
  return { union, a, b, c };
}

function hit(changes: Partial<SearchHit["file"]> = {}, nick = "mallory"): SearchHit {
  const file = {
    path: "tide.mp3",
    md5: MD5,
    size: 1,
    bitrate: 128,
    frequency: 44_100,
    seconds: 1,
    media: "mp3",
    urn: "",
  };
  return { file: { ...file, ...changes } as SearchHit["file"], nick, ip: 1, linkSpeed: 1 };
}

test("what is shared at any server is found from any other, its own first, and the end comes after all have answered", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  a.login("here").send(100, SHARE);
  b.login("there", { ip: "10.0.0.2" }).send(100, SHARE);
  c.login("yonder", { port: 0 }).send(100, SHARE);
  bob.send(200, TIDE);
  expect(bob.take().map((line) => line.split(" ").at(-3))).toEqual(["here"]);
  union.settle();
  const heard = bob.take();
  expect(heard.slice(0, 2).map((line) => line.split(" ").at(-3))).toEqual(["there", "yonder"]);
  expect(heard.slice(2)).toEqual(["202"]);
});

test("a search that is answered here, or is for here only, asks nobody else", () => {
  const { union, a } = world();
  const bob = a.login("bob");
  a.login("here").send(100, SHARE);
  expect(bob.ask(200, `${TIDE} MAX_RESULTS 1`).at(-1)).toBe("202");
  expect(bob.ask(200, `${TIDE} LOCAL_ONLY`).at(-1)).toBe("202");
  expect(bob.ask(200, 'FILENAME CONTAINS ""').at(-1)).toBe("202");
  union.settle();
  expect(union.passed).toEqual([]);
});

test("a user who is at several servers is one: his files are told once, and his own never to himself", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  for (const server of [a, b]) server.login("alice", { ip: "10.0.0.2" }).send(100, SHARE);
  b.login("bob").send(100, SHARE);
  bob.send(200, TIDE);
  union.settle();
  expect(bob.take()).toHaveLength(2);
});

test("the firewalled do not find the firewalled elsewhere either", () => {
  const { union, a, b } = world();
  b.login("carol", { port: 0 }).send(100, SHARE);
  const dave = a.login("dave", { port: 0 });
  dave.send(200, TIDE);
  union.settle();
  expect(dave.take()).toEqual(["202"]);
});

test("our own clients are told where an owner at another server listens, and that one whom nobody can dial does not", () => {
  const { union, a, b } = world();
  const bob = a.login("bob", { client: "Servent 1" });
  b.login("open", { ip: "10.0.0.2", port: 6702 }).send(100, SHARE);
  b.login("hidden", { ip: "10.0.0.3", port: 0 }).send(100, SHARE);
  bob.send(200, TIDE);
  union.settle();
  const ports = bob.take().flatMap((line) => / (\w+) \d+ 7 0 - (\d+)$/.exec(line)?.slice(1).join(" ") ?? []);
  expect(ports.sort()).toEqual(["hidden 0", "open 6702"]);
});

test("the cap holds for all servers together", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  for (const server of [b, c]) {
    const who = server.login("alice", { ip: server === b ? "10.0.0.2" : "10.0.0.3" });
    for (let i = 0; i < 60; i++) who.send(100, `"${server === b ? "b" : "c"} tide ${i}.mp3" ${MD5} 1 128 44100 1`);
  }
  bob.send(200, `${TIDE} MAX_RESULTS 100`);
  union.settle();
  expect(bob.take()).toHaveLength(101);
});

test("a server that does not answer costs two seconds; one that is known to be dead costs nothing", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  b.login("there").send(100, SHARE);
  union.kill("c", false);
  bob.send(200, TIDE);
  union.settle();
  expect(bob.take()).toHaveLength(1);
  a.runFor(SERVER_LIMITS.openSearchMs - 1);
  expect(bob.take()).toEqual([]);
  a.runFor(1);
  expect(bob.take()).toEqual(["202"]);

  bob.send(200, TIDE);
  union.settle();
  a.node.onServerDown("c");
  expect(bob.take().at(-1)).toBe("202");
});

test("a client has so many searches open at once, and they end with him", () => {
  const { union, a } = world();
  const bob = a.login("bob");
  for (let i = 0; i < SERVER_LIMITS.openSearchesPerUserMax; i++) expect(bob.ask(200, TIDE)).toEqual([]);
  expect(bob.ask(200, TIDE)).toEqual(["404 search failed: too many pending searches", "202"]);
  bob.hangUp();
  const again = a.login("bob");
  expect(again.ask(200, TIDE)).toEqual([]);
  union.settle();
  expect(again.take()).toEqual(["202"]);
});

test("a file is fetched from a user of another server, and the yes finds its way back", () => {
  const { union, a, b } = world();
  const bob = a.login("bob", { ip: "10.0.0.1" });
  const alice = b.login("alice", { ip: "10.0.0.2", port: 6701 }).send(100, SHARE);
  bob.send(203, `alice ${PATH}`);
  union.settle();
  expect(alice.take()).toEqual([`607 bob ${PATH}`]);
  alice.send(608, `bob ${PATH}`);
  union.settle();
  expect(bob.take()).toEqual([`204 alice 33554442 6701 ${PATH} ${MD5} 7`]);
});

test("a firewalled owner at another server is called to the asker", () => {
  const { union, a, b } = world();
  const bob = a.login("bob", { ip: "10.0.0.1", port: 6702 });
  const alice = b.login("alice", { port: 0 }).send(100, SHARE);
  bob.send(203, `alice ${PATH}`);
  union.settle();
  expect(bob.take()[0]).toMatch(/^204 alice \d+ 0 /);
  bob.send(500, `alice ${PATH}`);
  union.settle();
  alice.take();
  expect(alice.ask(608, `bob ${PATH}`)).toEqual([`501 bob 16777226 6702 ${PATH} ${MD5} 7`]);
});

test("two of one name at two servers are not confused: the answer goes to whoever asked last", () => {
  const { union, a, b } = world();
  const remote = a.login("bob", { ip: "10.0.0.1" });
  const local = b.login("bob", { ip: "10.0.0.9" });
  const alice = b.login("alice").send(100, SHARE);
  remote.send(203, `alice ${PATH}`);
  union.settle();
  alice.send(608, `bob ${PATH}`);
  union.settle();
  expect([remote.take().length, local.take().length]).toEqual([1, 0]);
  local.send(203, `alice ${PATH}`);
  alice.send(608, `bob ${PATH}`);
  union.settle();
  expect([remote.take().length, local.take().length]).toEqual([0, 1]);
});

test("messages, browsing, speeds, pings and whois reach users of other servers", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  const alice = b.login("alice", { ip: "10.0.0.2" }).send(100, SHARE);
  bob.send(205, "alice hello").send(751, "alice");
  union.settle();
  expect(alice.take()).toEqual(["205 bob hello", "751 bob"]);
  alice.send(752, "bob").send(205, "bob hello yourself");
  union.settle();
  expect(bob.take()).toEqual(["752 alice", "205 alice hello yourself"]);
  bob.send(211, "alice").send(600, "alice").send(603, "alice");
  union.settle();
  expect(bob.take()).toEqual([
    `212 alice ${SHARE}`,
    "213 alice 33554442",
    "601 alice 7",
    '604 alice "User" 0 " " "Active" 1 0 0 7 "test 1"',
  ]);
});

test("where somebody is, is asked once, and forgotten when he goes", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  const alice = b.login("alice");
  const say = (): string[] => {
    union.passed.length = 0;
    bob.send(205, "alice hello");
    union.settle();
    return [...union.passed];
  };
  expect(say()).toEqual(["a>b where", "a>c where", "b>a here", "a>b command"]);
  expect(say()).toEqual(["a>b command"]);
  alice.hangUp();
  union.settle();
  const moved = c.login("alice");
  expect(say().at(-1)).toBe("a>c command");
  expect(moved.take()).toEqual(["205 bob hello"]);
});

test("a stale memory of where somebody is costs one command, and is corrected", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  const alice = b.login("alice");
  bob.send(205, "alice one");
  union.settle();
  alice.hangUp();
  union.lose();
  const moved = c.login("alice");
  bob.send(205, "alice two");
  union.settle();
  expect(bob.take()).toEqual(["404 User is not currently online."]);
  bob.send(205, "alice three");
  union.settle();
  expect(moved.take()).toEqual(["205 bob three"]);
});

test("users of a server that is down are looked for elsewhere", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  b.login("alice");
  bob.send(205, "alice one");
  union.settle();
  union.kill("b", true);
  const moved = c.login("alice");
  bob.send(205, "alice two");
  union.settle();
  expect(moved.take()).toEqual(["205 bob two"]);
});

test("a server that claims users whom nobody looks for is not believed", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  a.node.onUnionMessage("c", { kind: "here", nick: "alice", loginAgeMs: 0, isRegistered: true, ip: 1 });
  const alice = b.login("alice");
  bob.send(205, "alice hello");
  union.settle();
  expect(alice.take()).toEqual(["205 bob hello"]);
});

test("of users elsewhere who asked somebody for something those of the last minute are remembered", () => {
  const { union, b } = world();
  const alice = b.login("alice").send(100, SHARE);
  const ask = (nick: string): void => {
    const sender = { nick, ip: 1, port: 1, linkSpeed: 1, client: "x" };
    b.node.onUnionMessage("a", { kind: "command", sender, message: { type: 203, text: `alice ${PATH}` } });
  };
  ask("guest0");
  b.runFor(SERVER_LIMITS.questionMs);
  ask("guest1");
  alice.take();
  union.passed.length = 0;
  expect(alice.ask(608, `guest0 ${PATH}`)).toEqual(["404 User is not currently online."]);
  alice.send(608, `guest1 ${PATH}`);
  union.settle();
  expect(union.passed).toEqual(["b>a deliver"]);
});

test("nobody anywhere is answered as nobody, a second later", () => {
  const { union, a } = world();
  const bob = a.login("bob");
  bob.send(205, "nobody hi").send(203, `nobody ${PATH}`);
  union.settle();
  expect(bob.take()).toEqual([]);
  a.runFor(SERVER_LIMITS.carriedMs);
  expect(bob.take()).toEqual(["404 User is not currently online.", `206 nobody ${PATH}`]);
});

test("a message goes to where its receiver logged in last", () => {
  const { union, a, b, c } = world();
  const bob = a.login("bob");
  b.login("alice");
  b.runFor(5000);
  const latest = c.login("alice");
  bob.send(600, "alice");
  union.settle();
  bob.send(205, "alice hi");
  union.settle();
  expect(latest.take()).toEqual(["205 bob hi"]);
});

/** Alice is registered and online at b; bob is at a; somebody at c calls himself alice. */
function impostorWorld({ isRegistered = true, ip = "10.0.0.66" } = {}) {
  const union = new TestUnion();
  const account = { nick: "alice", level: LEVEL.user, password: "right" };
  const a = new TestServer();
  const b = new TestServer({ accounts: new TestAccounts(...(isRegistered ? [account] : [])) });
  const c = new TestServer();
  union.add("a", a);
  union.add("c", c);
  union.add("b", b);
  const bob = a.login("bob");
  const alice = b.login("alice", { ip: "10.0.0.2", password: "right" });
  for (const server of [a, b, c]) server.runFor(50_000);
  const impostor = c.login("alice", { ip });
  return { union, a, b, c, bob, alice, impostor };
}

test("who is registered where he is online is found there, though an impostor logged in later and his server answers first", () => {
  for (const isRegistered of [true, false]) {
    const { union, bob, alice, impostor } = impostorWorld({ isRegistered });
    for (const text of ["one", "two"]) {
      bob.send(205, `alice ${text}`);
      union.settle();
    }
    expect(alice.take()).toEqual(["205 bob one", "205 bob two"]);
    expect(impostor.take()).toEqual([]);
  }
});

test("who is registered where he is online is found there, though an impostor had the name first", () => {
  const { union, bob, b, c, alice, impostor } = impostorWorld();
  alice.hangUp();
  for (const server of [b, c]) server.runFor(5000);
  impostor.take();
  const again = b.login("alice", { ip: "10.0.0.2", password: "right" });
  bob.send(205, "alice hello");
  union.settle();
  expect([again.take(), impostor.take()]).toEqual([["205 bob hello"], []]);
});

test("who comes again from the same place at another server is found where he is now", () => {
  const { union, bob, impostor } = impostorWorld({ isRegistered: false, ip: "10.0.0.2" });
  bob.send(205, "alice hello");
  union.settle();
  expect(impostor.take()).toEqual(["205 bob hello"]);
});

test("an unregistered user waits a moment for a better word, a registered one does not", () => {
  const a = new TestServer();
  const bob = a.login("bob");
  const here = { kind: "here", nick: "carol", loginAgeMs: 5, ip: 1 } as const;
  const messages: string[] = [];
  a.node.join({ servers: () => ["b", "c"], broadcast: () => ["b", "c"], send: (to) => void messages.push(to) });
  bob.send(205, "carol hello");
  a.node.onUnionMessage("c", { ...here, isRegistered: false });
  a.runFor(SERVER_LIMITS.claimMs - 1);
  expect(messages).toEqual([]);
  a.node.onUnionMessage("b", { ...here, isRegistered: true });
  expect(messages).toEqual(["b"]);
});

test("nobody speaks as a registered user who is online here, unless he comes from the same place", () => {
  const world = impostorWorld();
  world.b.login("dora");
  world.impostor.take();
  world.impostor.send(205, "dora it is me, alice");
  world.union.settle();
  expect(world.impostor.take()).toEqual(["404 alice is registered by somebody else, who is online."]);
  expect(world.b.node.counters.droppedFromElsewhere).toBe(1);

  const same = impostorWorld({ ip: "10.0.0.2" });
  const dora = same.b.login("dora");
  same.impostor.send(205, "dora it is me, alice");
  same.union.settle();
  expect(dora.take()).toEqual(["205 alice it is me, alice"]);
});

test("the name of a registered user whom we know at another server is refused to others", () => {
  const { union, a, bob } = impostorWorld();
  bob.send(205, "alice hello");
  union.settle();
  expect(a.connect("10.0.0.66").ask(2, 'alice pw 6699 "x 1" 3')).toEqual(["0 alice is already active"]);
  a.login("alice", { ip: "10.0.0.2" });
});

test("a user has one list of another server's user under way, and is told so of the next", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  const alice = b.login("alice").send(100, SHARE);
  const refused = ["404 You ask for too many lists; one at a time, please.", "213 alice"];
  bob.send(211, "alice");
  expect(bob.ask(211, "alice")).toEqual(refused);
  union.settle();
  expect(bob.take().map((line) => line.split(" ")[0])).toEqual(["212", "213"]);
  bob.send(211, "alice");
  union.settle();
  expect(bob.take()).toHaveLength(2);

  // Lost on the way, and nobody at all: both end.
  bob.send(211, "alice");
  union.lose();
  expect(bob.ask(211, "alice")).toEqual(refused);
  a.runFor(SERVER_LIMITS.unionBrowseMs);
  bob.take();
  alice.hangUp();
  union.settle();
  for (let i = 0; i < 2; i++) {
    bob.send(211, "alice");
    union.settle();
    a.runFor(SERVER_LIMITS.carriedMs);
    expect(bob.take().at(-1)).toBe("213 alice");
  }
});

test("a list counts as much as fifty files a unit: for its asker, who gets so many a second, and for the server he is at", () => {
  const { union, a, b } = world();
  const bob = a.login("bob");
  b.login("alice").send(100, SHARE);
  let lists = 0;
  for (let i = 0; i < 40; i++) {
    bob.send(211, "alice");
    union.settle();
    if (bob.take().some((line) => line.startsWith("212"))) lists++;
  }
  // Each is a command besides.
  expect(lists).toBeGreaterThan(10);
  expect(lists).toBeLessThanOrEqual(SERVER_LIMITS.commandsBurst / SERVER_LIMITS.unionWorkOfBrowse);

  const sender = { nick: "mallory", ip: 1, port: 1, linkSpeed: 1, client: "x" };
  const browse = { kind: "command", sender, message: { type: 211, text: "alice" } } as const;
  for (let i = 0; i < 2000; i++) b.node.onUnionMessage("c", browse);
  expect(b.node.counters.commandsFromElsewhere - lists).toBeLessThanOrEqual(
    SERVER_LIMITS.unionWorkBurst / SERVER_LIMITS.unionWorkOfBrowse,
  );
});

test("files of a list that was asked for leave the sending server's measure for words", () => {
  const { a } = world();
  const bob = a.login("bob");
  bob.send(211, "alice");
  const file = { kind: "deliver", nick: "bob", message: { type: 212, text: `alice ${SHARE}` } } as const;
  for (let i = 0; i < 2 * SERVER_LIMITS.unionWorkBurst; i++) a.node.onUnionMessage("b", file);
  expect(a.node.counters.droppedFromElsewhere).toBe(0);
  const stranger = a.login("carol");
  stranger.take();
  const unasked = { ...file, nick: "carol" };
  for (let i = 0; i < 2 * SERVER_LIMITS.unionWorkBurst; i++) a.node.onUnionMessage("b", unasked);
  expect(a.node.counters.droppedFromElsewhere).toBeGreaterThan(SERVER_LIMITS.unionWorkBurst);
});

test("commands that are not for a user are not carried out for another server", () => {
  const { union, a, b } = world();
  const alice = b.login("alice").send(100, SHARE);
  const sender = { nick: "mallory", ip: 1, port: 1, linkSpeed: 1, client: "x" };
  for (const type of [610, 606, 100, 110, 400, 608, 628, 10_200]) {
    b.node.onUnionMessage("a", { kind: "command", sender, message: { type, text: "alice 4" } });
  }
  union.settle();
  expect(alice.closed).toBeUndefined();
  expect(alice.take()).toEqual([]);
  expect(a.node.userCount).toBe(0);
});

test("another server hands users answers only: no kills, no pushes, no orders to connect anywhere", () => {
  const { b } = world();
  const alice = b.login("alice");
  for (const type of [0, 3, 5, 205, 316, 501, 607, 748, 900, 901]) {
    b.node.onUnionMessage("a", { kind: "deliver", nick: "alice", message: { type, text: "x" } });
  }
  expect(alice.take()).toEqual([]);
  b.node.onUnionMessage("a", { kind: "deliver", nick: "alice", message: { type: 404, text: "hello" } });
  expect(alice.take()).toEqual(["404 hello"]);
});

test("what another server makes up is dropped: text that is no byte text, numbers that are none, hits nobody asked for", () => {
  const { a } = world();
  const bob = a.login("bob");
  bob.send(200, TIDE);
  const hostile: UnionMessage[] = [
    {
      kind: "hits",
      id: 1,
      hits: [hit({ path: "tide \u2028.mp3" }), hit({ size: -1 }), hit({ md5: "a b" })],
      isLast: false,
    },
    {
      kind: "hits",
      id: 1,
      hits: [{ ...hit(), port: 70_000 }, hit({ urn: 'urn:x" 1 2' }), hit({}, "no nick"), hit({ size: 0.5 })],
      isLast: false,
    },
    { kind: "hits", id: 2, hits: [hit()], isLast: true },
    { kind: "deliver", nick: "bob", message: { type: 404, text: "\u0100" } },
    { kind: "deliver", nick: "bob", message: { type: 404, text: "x".repeat(70_000) } },
    { kind: "search", id: 1, asker: { nick: "a b", ip: -1, port: 0, linkSpeed: 99, client: "" }, request: TIDE },
    { kind: "here", nick: "bob", loginAgeMs: 0, isRegistered: true, ip: 1 },
    { kind: "gone", nick: "bob" },
  ];
  for (const message of hostile) a.node.onUnionMessage("b", message);
  expect(bob.take()).toEqual([]);
  a.node.onUnionMessage("stranger", { kind: "hits", id: 1, hits: [hit()], isLast: true });
  expect(bob.take()).toEqual([]);
  a.node.onUnionMessage("b", { kind: "hits", id: 1, hits: [hit()], isLast: false });
  expect(bob.take()).toHaveLength(1);
});

test("a server that says twice that it has said all ends nothing twice", () => {
  const { a } = world();
  const bob = a.login("bob");
  bob.send(200, TIDE);
  a.node.onUnionMessage("b", { kind: "hits", id: 1, hits: [], isLast: true });
  a.node.onUnionMessage("b", { kind: "hits", id: 1, hits: [], isLast: true });
  expect(bob.take()).toEqual([]);
  a.node.onUnionMessage("c", { kind: "hits", id: 1, hits: [], isLast: true });
  expect(bob.take()).toEqual(["202"]);
});

test("one server's flood does not take the others' turn", () => {
  const { union, a, b } = world();
  b.login("alice").send(100, SHARE);
  const asker = { nick: "mallory", ip: 1, port: 1, linkSpeed: 1, client: "x" };
  for (let i = 0; i < 5000; i++) b.node.onUnionMessage("a", { kind: "search", id: i, asker, request: TIDE });
  expect(b.node.counters.droppedFromElsewhere).toBeGreaterThan(3900);
  union.settle();
  union.passed.length = 0;
  b.node.onUnionMessage("c", { kind: "search", id: 1, asker, request: TIDE });
  union.settle();
  expect(union.passed).toEqual(["b>c hits"]);
  expect(a.node.userCount).toBe(0);
});
