// Messages, lists, channels. The expected texts are those of opennap-ng (see also opennap-session.test.ts).
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "./limits.ts";
import { TestServer } from "./server-fixture.ts";

test("a message reaches whom it is for, unless he ignores its sender", () => {
  const server = new TestServer();
  const [alice, bob] = [server.login("alice"), server.login("bob")];
  expect(alice.ask(205, "BOB hi there")).toEqual([]);
  expect(bob.take()).toEqual(["205 alice hi there"]);
  expect(bob.ask(322, "alice")).toEqual(["322 alice"]);
  expect(alice.ask(205, "bob hi again")).toEqual(["404 bob is ignoring you."]);
  expect(bob.take()).toEqual([]);
  expect(alice.ask(205, "nobody hi")).toEqual(["404 User is not currently online."]);
});

test("a hotlist tells of coming and going, and is bounded", () => {
  const server = new TestServer();
  const bob = server.login("bob");
  expect(bob.ask(207, "alice")).toEqual(["301 alice"]);
  const alice = server.login("Alice", { speed: 3 });
  expect(bob.take()).toEqual(["209 Alice 3"]);
  alice.hangUp();
  expect(bob.take()).toEqual(["210 Alice"]);
  bob.send(303, "alice");
  server.login("alice");
  expect(bob.take()).toEqual([]);
  for (let i = 0; i < SERVER_LIMITS.hotlistMax; i++) bob.send(208, `friend${i}`);
  expect(bob.ask(207, "one2many")).toEqual(["302 one2many"]);
});

test("people on a channel hear each other, and nobody else does", () => {
  const server = new TestServer();
  const [alice, bob, carol] = [server.login("alice"), server.login("bob"), server.login("carol")];
  alice.send(400, "#Lobby");
  expect(alice.take()).toEqual([
    "405 #Lobby",
    "408 #Lobby alice 0 7",
    "409 #Lobby",
    "410 #Lobby Welcome to the #Lobby channel.",
    "404 Server test set you as operator on channel #Lobby",
  ]);
  bob.send(400, "lobby");
  expect(alice.take()).toEqual(["406 #Lobby bob 0 7"]);
  bob.take();
  bob.send(402, "#lobby hello all");
  expect([alice.take(), bob.take(), carol.take()]).toEqual([
    ["403 #Lobby bob hello all"],
    ["403 #Lobby bob hello all"],
    [],
  ]);
  alice.send(322, "bob").take();
  bob.send(402, "#lobby hello again");
  expect([alice.take(), bob.take()]).toEqual([[], ["403 #Lobby bob hello again"]]);
  expect(carol.ask(402, "#lobby let me in")).toEqual(["404 You are not on channel #lobby"]);
  bob.hangUp();
  expect(alice.take()).toEqual(["407 #Lobby bob 0 7"]);
});

test("only who opened a channel, or a moderator, changes its topic and sends others out", () => {
  const server = new TestServer();
  const [alice, bob] = [server.login("alice").send(400, "#x"), server.login("bob").send(400, "#x")];
  alice.take();
  expect(bob.ask(410, "#x mine")).toEqual(["404 permission denied"]);
  expect(bob.ask(829, "#x alice")).toEqual(["404 permission denied"]);
  expect(alice.ask(410, "#x ours")[0]).toBe("410 #x ours");
  bob.take();
  alice.send(829, '#x bob "enough"');
  expect(bob.take()).toEqual(["401 #x", "404 alice kicked you out of channel #x: enough"]);
  expect(alice.ask(617)).toEqual(["407 #x bob 0 7", "618 #x 1 ours", "617"].slice(1));
});

test("channels and their names are bounded", () => {
  const bob = new TestServer().login("bob");
  for (let i = 0; i < SERVER_LIMITS.channelsPerUserMax; i++) bob.send(400, `#c${i}`);
  expect(bob.ask(400, "#more")).toEqual(["404 You are on too many channels"]);
  bob.send(401, "#c0");
  expect(bob.ask(400, `#${"x".repeat(100)}`)).toEqual(["404 invalid channel name"]);
});

test("statistics come by themselves once a minute", () => {
  const server = new TestServer();
  const bob = server.login("bob");
  server.runFor(3 * SERVER_LIMITS.statisticsEveryMs);
  expect(bob.take()).toEqual(["214 1 0 0", "214 1 0 0", "214 1 0 0"]);
});
