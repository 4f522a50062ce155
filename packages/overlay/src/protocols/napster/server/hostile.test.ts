// Clients that mean no good, or nothing at all. Whatever they send, the server stays, its tables stay bounded, and honest users get
// what they ask for.
import { expect, test } from "vitest";
import { MESSAGE } from "../messages.ts";
import { LEVEL } from "./accounts.ts";
import { SERVER_LIMITS } from "./limits.ts";
import { TestAccounts, type TestClient, TestServer } from "./server-fixture.ts";

const MD5 = "631072b944eb6196797ab6a534b1ab97";
const SHARE = `"C:\\Music\\blue tide.mp3" ${MD5} 1000 128 44100 200`;
/** What an admin may do to others. */
const FORBIDDEN: ReadonlySet<number> = new Set([
  MESSAGE.kill,
  MESSAGE.ban,
  MESSAGE.setLevel,
  MESSAGE.muzzle,
  MESSAGE.nuke,
]);
const TYPES = Object.values(MESSAGE);

/** Messages that are right, to be spoiled. */
const MESSAGES: readonly (readonly [number, string])[] = [
  [MESSAGE.share, SHARE],
  [MESSAGE.shareDirectory, `"D:\\Dir" "one.mp3" ${MD5} 1 192 44100 1 "two.mp3" ${MD5} 2 256 48000 2`],
  [MESSAGE.shareMedia, `"E:\\clip.avi" 7000 ${MD5} video`],
  [MESSAGE.unshare, "C:\\Music\\blue tide.mp3"],
  [MESSAGE.search, 'FILENAME CONTAINS "blue tide" MAX_RESULTS 10 BITRATE "AT LEAST" 128 TYPE ANY'],
  [MESSAGE.login, 'evil0 pw 6699 "client" 7 a@b.c 0 6'],
  [MESSAGE.download, 'honest "C:\\Music\\blue tide.mp3"'],
  [MESSAGE.uploadAccepted, 'evil1 "C:\\Music\\blue tide.mp3"'],
  [MESSAGE.privateMessage, "evil1 hello there"],
  [MESSAGE.channelJoin, "#Lobby"],
  [MESSAGE.channelSay, "#Lobby some words"],
  [MESSAGE.channelKick, '#Lobby evil1 "reason"'],
  [MESSAGE.whois, "evil2"],
  [MESSAGE.resume, `${MD5} 1000`],
  [MESSAGE.changePort, "10"],
  [MESSAGE.statistics, ""],
];

function randoms(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function spoil(text: string, random: (below: number) => number): string {
  let spoiled = text;
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(spoiled.length + 1);
    const piece = String.fromCharCode(random(256)).repeat(1 + (random(20) === 0 ? random(1500) : random(3)));
    switch (random(4)) {
      case 0:
        spoiled = spoiled.slice(0, at) + piece + spoiled.slice(at);
        break;
      case 1:
        spoiled = spoiled.slice(0, at) + spoiled.slice(at + random(8));
        break;
      case 2:
        spoiled = spoiled.slice(at) + spoiled.slice(0, at);
        break;
      default:
        spoiled = `${spoiled} ${textOf(random)}`;
    }
  }
  return spoiled.slice(0, 4000);
}

function textOf(random: (below: number) => number): string {
  return MESSAGES[random(MESSAGES.length)]?.[1] ?? "";
}

function askHonestly(seeker: TestClient): void {
  const heard = seeker.ask(200, 'FILENAME CONTAINS "honest tide"').filter((line) => /^20[12]/.test(line));
  expect(heard).toHaveLength(2);
  expect(heard[0]).toContain(" honest ");
  expect(heard[1]).toBe("202");
}

test("100,000 random and spoiled messages end no server and bother no honest user", () => {
  const accounts = new TestAccounts({ nick: "evil0", level: LEVEL.admin, password: "pw" });
  const server = new TestServer({ accounts, options: { usersPerHostMax: 30, sharesPerUserMax: 200 } });
  server.login("honest", { ip: "10.0.0.1" }).send(100, `"honest tide.mp3" ${MD5} 1000 128 44100 200`);
  const seeker = server.login("seeker", { ip: "10.0.0.2" });
  const random = randoms(7);
  const evil: TestClient[] = [];
  for (let i = 0; i < 100_000; i++) {
    const slot = random(20);
    let client = evil[slot];
    if (client === undefined || client.closed !== undefined || random(200) === 0) {
      client?.hangUp();
      client = server.connect("6.6.6.6");
      evil[slot] = client;
      if (random(10) > 0) client.send(2, `evil${slot} pw ${6000 + slot} "client" 7 a@b.c 0 ${random(10)}`);
    }
    const [right, text] = MESSAGES[random(MESSAGES.length)] as (typeof MESSAGES)[number];
    const anyType = random(2) === 0 ? random(65_536) : (TYPES[random(TYPES.length)] as number);
    const type = random(3) === 0 ? anyType : right;
    // An admin among them would end the honest ones as is his right.
    if (!FORBIDDEN.has(type)) client.send(type, spoil(text, random));
    client.take();
    seeker.take();
    if (i % 1000 === 0) {
      server.runFor(3000);
      askHonestly(seeker);
    }
  }
  expect(seeker.closed).toBeUndefined();
  for (const client of evil) client.hangUp();
  expect(server.node.userCount).toBe(2);
  expect(server.node.directory.files).toBe(1);
  expect(server.node.counters.messages).toBeGreaterThan(80_000);
  // Not only the door was tried.
  expect(server.node.counters.shares).toBeGreaterThan(1000);
});

test("a thousand idle connections and a flood of half-open ones leave room for a login", () => {
  const server = new TestServer({ options: { usersMax: 1100, usersPerHostMax: 1100 } });
  for (let i = 0; i < 1000; i++) server.login(`idle${i}`, { ip: "10.0.0.9" });
  for (let i = 0; i < 5000; i++) server.connect("6.6.6.6");
  server.login("honest", { ip: "10.0.0.1" }).send(100, `"honest tide.mp3" ${MD5} 1000 128 44100 200`);
  askHonestly(server.login("seeker", { ip: "10.0.0.2" }));
  expect(server.node.counters.halfOpenDropped).toBe(5000 - SERVER_LIMITS.halfOpenPerHostMax);
});

test("shares as large as a message can be take bounded memory, and are all gone with their owner", () => {
  const server = new TestServer({ options: { sharesPerUserMax: 5000 } });
  const evil = server.login("evil", { ip: "6.6.6.6" });
  const before = server.node.directory.memoryBytes;
  for (let i = 0; i < 20_000; i++) {
    const words = Array.from({ length: 40 }, (_, word) => `w${i}x${word}`).join(" ");
    evil.send(100, `"C:\\${words.slice(0, 900)}.mp3" ${MD5} 1000 128 44100 200`);
  }
  evil.take();
  expect(server.node.directory.files).toBeLessThanOrEqual(5000);
  expect(server.node.directory.memoryBytes - before).toBeLessThan(64 * 1024 * 1024);
  evil.hangUp();
  expect(server.node.directory.files).toBe(0);
  server.login("honest", { ip: "10.0.0.1" }).send(100, `"honest tide.mp3" ${MD5} 1000 128 44100 200`);
  askHonestly(server.login("seeker", { ip: "10.0.0.2" }));
});

test("who sends much more than anybody needs is warned, ignored, and in the end sent away", () => {
  const server = new TestServer();
  const evil = server.login("evil", { ip: "6.6.6.6" });
  const victim = server.login("victim", { ip: "10.0.0.1" });
  for (let i = 0; i < 5000 && evil.closed === undefined; i++) evil.send(205, "victim spam");
  expect(evil.take()).toContain("404 You send too much; some of it was ignored.");
  expect(evil.closed).toBe("You send too much.");
  expect(victim.take().length).toBeLessThanOrEqual(SERVER_LIMITS.commandsBurst);
});

test("a victim that does not read loses what others tell him, and costs no memory", () => {
  const server = new TestServer();
  const victim = server.login("victim", { ip: "10.0.0.1" });
  victim.isStuck = true;
  for (let who = 0; who < 5; who++) {
    const evil = server.login(`evil${who}`, { ip: `6.6.6.${who}` });
    for (let i = 0; i < 200; i++) evil.send(205, `victim ${"x".repeat(1000)}`);
  }
  expect(victim.closed).toBeUndefined();
  expect(victim.heard.length).toBeLessThan(110);
  expect(server.node.counters.untold).toBeGreaterThan(800);
  victim.read();
  expect(victim.ask(214)).toEqual(["214 6 0 0"]);
});

test("who takes nothing is cut off after a while, and who takes a little stays", () => {
  const server = new TestServer();
  server.login("owner", { ip: "10.0.0.1" });
  const [dead, slow] = [server.login("dead", { ip: "6.6.6.6" }), server.login("slow", { ip: "10.0.0.2" })];
  for (const client of [dead, slow]) {
    client.isStuck = true;
    for (let i = 0; i < 150; i++) client.send(200, `FILENAME CONTAINS "${"tide ".repeat(100)}"`).send(603, "owner");
    client.queuedBytes = 96 * 1024;
    for (let i = 0; i < 40; i++) client.send(603, "owner");
  }
  expect(server.node.waitingBytes).toBeGreaterThan(0);
  for (let ms = 0; ms <= SERVER_LIMITS.unreadMs; ms += SERVER_LIMITS.sweepEveryMs) {
    server.runFor(SERVER_LIMITS.sweepEveryMs);
    if (slow.closed !== undefined) break;
    slow.queuedBytes -= 100;
    server.node.onWritable(slow.link);
  }
  expect(dead.closed).toBe("does not read what it asks for");
  expect(slow.closed).toBeUndefined();
});

test("where too much waits in all, whoever has most waiting goes, and not who comes last", () => {
  const server = new TestServer({ options: { usersPerHostMax: 1000 } });
  const owner = server.login("owner", { ip: "10.0.0.1" });
  for (let i = 0; i < 500; i++) owner.send(100, `"${i} ${"x".repeat(1000)}.mp3" ${MD5} 1000 128 44100 200`);
  const evil = Array.from({ length: 170 }, (_, i) => server.login(`evil${i}`, { ip: "6.6.6.6" }));
  const honest = server.login("honest", { ip: "10.0.0.2" });
  for (const client of [...evil, honest]) {
    client.isStuck = true;
    client.queuedBytes = 96 * 1024;
  }
  for (const client of evil) client.send(211, "owner");
  honest.send(211, "owner 200");
  expect(evil.filter(({ closed }) => closed !== undefined).length).toBeGreaterThan(50);
  expect(honest.closed).toBeUndefined();
});

test("short messages that wait count for what they take in memory", () => {
  const server = new TestServer();
  const evil = server.login("evil", { ip: "6.6.6.6" });
  evil.isStuck = true;
  evil.queuedBytes = 96 * 1024;
  for (let i = 0; i < 100; i++) evil.send(214);
  expect(server.node.waitingBytes).toBeGreaterThan(100 * SERVER_LIMITS.messageWeight);
});

test("answers that pile up everywhere are bounded together", () => {
  const server = new TestServer({ options: { usersPerHostMax: 1000 } });
  const owner = server.login("owner", { ip: "10.0.0.1" });
  for (let i = 0; i < 500; i++) owner.send(100, `"${i} ${"x".repeat(1000)}.mp3" ${MD5} 1000 128 44100 200`);
  const evil = Array.from({ length: 170 }, (_, i) => server.login(`evil${i}`, { ip: "6.6.6.6" }));
  for (const client of evil) {
    client.isStuck = true;
    client.send(211, "owner");
  }
  expect(server.node.waitingBytes).toBeLessThanOrEqual(SERVER_LIMITS.outboxesBytesMax);
  expect(evil.filter(({ closed }) => closed !== undefined).length).toBeGreaterThan(10);
  for (const client of evil) client.hangUp();
  expect(server.node.waitingBytes).toBe(0);
});
