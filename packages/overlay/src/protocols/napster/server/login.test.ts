// From the connection to the greeting: who comes in, who does not, and who makes room.
import { expect, test } from "vitest";
import { LEVEL } from "./accounts.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { TestAccounts, type TestClient, TestServer } from "./server-fixture.ts";

const ALICE = '"napc 1" 7';

test("a new name is let in and told what it talks to", () => {
  const server = new TestServer();
  const heard = server.connect().ask(2, `alice pw 6701 ${ALICE}`);
  expect(heard.slice(0, 4)).toEqual([
    "3 anon@test",
    "621 VERSION servent 0.0.0",
    "621 SERVER test",
    "621 Welcome alice!",
  ]);
  expect(heard.at(-1)).toBe("214 1 0 0");
});

test.each([
  ["a bad nick", "sp?ce pw 1 x 3", "10 Invalid nick: sp?ce"],
  ["a speed that does not exist", "bob pw 1 x 11", "0 11: invalid speed"],
  ["a port beyond all ports", "bob pw 70000 x 3", "0 70000: invalid port"],
  ["too few fields", "bob pw 1", "404 Too few parameters for login."],
])("%s ends the login with words", (_name, login, answer) => {
  const client = new TestServer().connect();
  expect(client.ask(2, login)).toEqual([answer]);
  expect(client.closed).toBeDefined();
});

test("whoever sends anything else before the login is sent away", () => {
  const client = new TestServer().connect();
  expect(client.ask(200, 'FILENAME CONTAINS "x"')).toEqual(["0 invalid command"]);
  expect(client.closed).toBe("invalid command");
});

test("names can be asked for before the login", () => {
  const server = new TestServer({
    accounts: new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" }),
  });
  server.login("bob");
  const client = server.connect("10.0.0.2");
  expect(client.ask(7, "carol")).toEqual(["8"]);
  expect(client.ask(7, "alice")).toEqual(["9"]);
  expect(client.ask(7, "BOB")).toEqual(["9"]);
  expect(client.ask(7, "bad nick")).toEqual(["10"]);
  expect(client.ask(4, "2.0")).toEqual([]);
  expect(client.ask(11, "alice wrong")).toEqual([]);
  expect(client.ask(11, "alice secret")).toEqual(["12"]);
});

test("who registers has an account, and needs its password from then on", () => {
  const server = new TestServer();
  const first = server.connect().send(6, `alice secret 6701 ${ALICE} alice@example.org`);
  expect(first.take()[0]).toBe("3 alice@example.org");
  first.hangUp();
  expect(server.connect().ask(2, `alice wrong 6701 ${ALICE}`)).toEqual(["0 Invalid Password"]);
  expect(server.connect().ask(2, `alice secret 6701 ${ALICE}`)[0]).toBe("3 alice@example.org");
  expect(server.connect("10.0.0.9").ask(6, `Alice other 6701 ${ALICE}`)).toEqual(["0 Alice is already registered"]);
});

test("on a server for the registered nobody else comes in, and nobody registers", () => {
  const accounts = new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" });
  accounts.mayCreate = false;
  const server = new TestServer({ options: { registeredOnly: true }, accounts });
  expect(server.connect().ask(2, `bob pw 1 ${ALICE}`)).toEqual(["0 Only registered users may log in here."]);
  expect(server.connect().ask(6, `bob pw 1 ${ALICE}`)[0]).toMatch(/^0 /);
  expect(server.connect().ask(2, `alice secret 1 ${ALICE}`)[0]).toBe("3 anon@test");
});

test("shares that come right behind a login are not lost while the password is checked", () => {
  const server = new TestServer({
    accounts: new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" }),
  });
  const client = server.connect();
  server.node.onMessage(client.link, { type: 2, text: `alice secret 6701 ${ALICE}` });
  server.node.onMessage(client.link, { type: 100, text: '"a\\blue tide.mp3" 0 1 128 44100 1' });
  expect(client.take()).toEqual([]);
  server.settle();
  expect(client.heard[0]).toBe("3 anon@test");
  expect(server.node.directory.files).toBe(1);
});

test("what is held while a password is checked is bounded", () => {
  const server = new TestServer({
    accounts: new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" }),
  });
  const client = server.connect();
  server.node.onMessage(client.link, { type: 2, text: `alice secret 6701 ${ALICE}` });
  for (let i = 0; i <= SERVER_LIMITS.heldMessagesMax; i++) server.node.onMessage(client.link, { type: 214, text: "" });
  expect(client.closed).toBe("too much before the end of the login");
  server.settle();
  expect(server.node.userCount).toBe(0);
});

test("a login whose accounts are too busy is told to come again", () => {
  const accounts = new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" });
  accounts.isBusy = true;
  const client = new TestServer({ accounts }).connect();
  expect(client.ask(2, `alice secret 6701 ${ALICE}`)[0]).toMatch(/^0 The server is busy/);
});

test("wrong passwords from one host are not even checked after some; others are not affected", () => {
  const server = new TestServer({
    accounts: new TestAccounts({ nick: "alice", level: LEVEL.user, password: "secret" }),
  });
  for (let i = 0; i < SERVER_LIMITS.passwordTriesMax; i++) {
    expect(server.connect("6.6.6.6").ask(2, `alice guess${i} 1 ${ALICE}`)).toEqual(["0 Invalid Password"]);
  }
  expect(server.connect("6.6.6.6").ask(2, `alice secret 1 ${ALICE}`)[0]).toMatch(/^0 Too many wrong/);
  expect(server.connect("10.0.0.1").ask(2, `alice secret 1 ${ALICE}`)[0]).toBe("3 anon@test");
  server.runFor(SERVER_LIMITS.passwordTryEveryMs);
  expect(server.connect("6.6.6.6").ask(2, `alice secret 1 ${ALICE}`)[0]).toBe("3 anon@test");
});

test("the dead connection of somebody who returns makes room for him, but nobody takes another's name", () => {
  const server = new TestServer();
  const before = server.login("alice", { ip: "10.0.0.1" });
  expect(server.connect("10.0.0.2").ask(2, `alice pw 1 ${ALICE}`)).toEqual(["0 alice is already active"]);
  expect(before.closed).toBeUndefined();
  const after = server.login("Alice", { ip: "10.0.0.1" });
  expect(before.take()).toEqual(["748", "404 Somebody else logs in under your name.", "316 0"]);
  expect(before.closed).toBeDefined();
  expect(after.ask(214)).toEqual(["214 1 0 0"]);
});

test("with the password of an account one may return from anywhere", () => {
  const server = new TestServer({ accounts: new TestAccounts({ nick: "alice", level: LEVEL.user, password: "pw" }) });
  const before = server.login("alice", { ip: "10.0.0.1" });
  server.login("alice", { ip: "10.0.0.2" });
  expect(before.closed).toBeDefined();
  expect(server.node.userCount).toBe(1);
});

test("logins that come to nothing end after a minute, and the oldest makes room for new ones", () => {
  const server = new TestServer();
  const slow = server.connect("10.0.0.1");
  server.runFor(SERVER_LIMITS.loginTimeoutMs + SERVER_LIMITS.sweepEveryMs);
  expect(slow.take()).toEqual(["0 login timeout"]);
  expect(slow.closed).toBeDefined();

  const many = Array.from({ length: SERVER_LIMITS.halfOpenPerHostMax + 1 }, () => server.connect("6.6.6.6"));
  expect(many[0]?.closed).toBe("too many half-open logins");
  expect(many[1]?.closed).toBeUndefined();
  const others = Array.from({ length: SERVER_LIMITS.halfOpenMax }, (_, i) =>
    server.connect(`10.1.${i >> 8}.${i & 255}`),
  );
  expect(others.at(-1)?.closed).toBeUndefined();
  expect(many.every(({ closed }) => closed !== undefined)).toBe(true);
});

test("one address may have so many users, and a full server lets go who is idle and shares nothing", () => {
  const server = new TestServer({ options: { usersMax: 3, usersPerHostMax: 2 } });
  const idle = server.login("idle", { ip: "10.0.0.1" });
  const sharer = server.login("sharer", { ip: "10.0.0.2" }).send(100, '"blue tide.mp3" 0 1 128 44100 1');
  server.login("third", { ip: "10.0.0.1" });
  expect(server.connect("10.0.0.1").ask(2, `fourth pw 1 ${ALICE}`)[0]).toMatch(/^0 Too many connections/);
  expect(server.connect("10.0.0.3").ask(2, `fourth pw 1 ${ALICE}`)).toEqual(["0 This server is full."]);
  server.runFor(SERVER_LIMITS.idleMs + 1000);
  server.login("fourth", { ip: "10.0.0.3" });
  expect(idle.closed).toBeDefined();
  expect(sharer.closed).toBeUndefined();
});

test("a client on the server's own machine is reported where the server is", () => {
  const server = new TestServer({ self: "10.9.9.9" });
  server.login("alice", { ip: "127.0.0.1" }).send(100, '"blue tide.mp3" 0 1 128 44100 1');
  const [hit] = server.login("bob").ask(200, 'FILENAME CONTAINS "tide"');
  expect(hit).toContain(`alice ${10 + 9 * 256 + 9 * 65_536 + 9 * 16_777_216} 7`);
});

test("on a server that is only to be reached on its own machine everybody is where he is", () => {
  const server = new TestServer({ self: "127.0.0.11" });
  server.login("alice", { ip: "127.0.0.1" }).send(100, '"blue tide.mp3" 0 1 128 44100 1');
  const [hit] = server.login("bob").ask(200, 'FILENAME CONTAINS "tide"');
  expect(hit).toContain(`alice ${127 + 16_777_216} 7`);
});

test("compression is granted to so many, and others go on in plain", () => {
  const server = new TestServer({ options: { usersPerHostMax: 1000 } });
  for (let i = 0; i <= SERVER_LIMITS.compressedLinksMax; i++) {
    const heard = server.connect().ask(2, `user${i} pw 1 x 3 a@b.c 0 5`);
    expect(heard[0]).toBe(i < SERVER_LIMITS.compressedLinksMax ? '3 "a@b.c" 5' : "3 a@b.c");
  }
  // Nor does anybody get it by an address that reads like an acceptance.
  expect(server.connect().ask(2, 'eve pw 1 x 3 "a 5" 0 5')[0]).toBe('3 "a 5"');
});

/** A server on which `alice` and her sisters have accounts, and whose passwords are hashed when the test says so. */
function slow(options: Partial<ServerOptions> = {}) {
  const names = Array.from({ length: 20 }, (_, i) => ({ nick: `alice${i}`, level: LEVEL.user, password: "secret" }));
  const server = new TestServer({ options, accounts: new TestAccounts(...names) });
  const say = (client: TestClient, type: number, text: string): TestClient => {
    server.node.onMessage(client.link, { type, text });
    return client;
  };
  return { server, say };
}

test("guesses that are sent all at once are no more than guesses one after the other", () => {
  const { server, say } = slow();
  const wrong = (count: number): number => {
    const guesses = Array.from({ length: count }, (_, i) =>
      say(server.connect("6.6.6.6"), 2, `alice0 guess${i} 1 x 3`),
    );
    server.settle();
    return guesses.filter((client) => client.heard.includes("0 Invalid Password")).length;
  };
  const { passwordsPerHostMax, passwordTriesMax } = SERVER_LIMITS;
  const left = passwordTriesMax - passwordsPerHostMax - 3;
  expect([wrong(3), wrong(100), wrong(100), wrong(100)]).toEqual([3, passwordsPerHostMax, left, 0]);
});

test("one host has few passwords hashed at a time, however it asks for it, and others are let in", () => {
  const { server, say } = slow();
  const evil = server.connect("6.6.6.6");
  for (let i = 0; i < 20; i++) say(evil, 11, `alice${i} secret`);
  expect(say(server.connect("6.6.6.6"), 2, "alice0 secret 1 x 3").take()).toEqual([
    "0 The server is busy; try again in a minute.",
  ]);
  const other = say(server.connect("10.0.0.1"), 2, "alice1 secret 1 x 3");
  server.settle();
  expect(evil.take().length).toBe(SERVER_LIMITS.passwordsPerHostMax);
  expect(other.take()[0]).toBe("3 anon@test");
  server.login("alice0", { ip: "6.6.6.6", password: "secret" });
});

test("one host makes few accounts and new passwords; others are not affected", () => {
  const server = new TestServer();
  const register = (nick: string, ip: string) => server.connect(ip).ask(6, `${nick} pw 1 x 3 a@b.c`)[0];
  for (let i = 0; i < SERVER_LIMITS.passwordsMadeMax; i++) expect(register(`eve${i}`, "6.6.6.6")).toBe("3 a@b.c");
  expect(register("more", "6.6.6.6")).toMatch(/^0 Too many accounts/);
  const eve = server.login("eve0", { ip: "6.6.6.6" });
  expect(eve.ask(701, "other")).toEqual(["404 You change passwords too often; wait a while."]);
  expect(register("bob", "10.0.0.1")).toBe("3 a@b.c");
  server.runFor(SERVER_LIMITS.passwordMadeEveryMs);
  expect(eve.ask(701, "other")).toEqual([]);
});

test("logins that are checked at the same time do not make more users of one host than there may be", () => {
  const { server, say } = slow({ usersPerHostMax: 2 });
  const all = Array.from({ length: 4 }, (_, i) => say(server.connect("6.6.6.6"), 2, `alice${i} secret 1 x 3`));
  server.settle();
  expect(all.map(({ heard }) => heard[0])).toEqual([
    "3 anon@test",
    "3 anon@test",
    "0 Too many connections from your address",
    "0 Too many connections from your address",
  ]);
});
