// Who may be answered, and how much anybody can be asked.
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "./limits.ts";
import { TestServer } from "./server-fixture.ts";

const PATH = '"C:\\Music\\blue tide.mp3"';
const NOBODY = ["404 User is not currently online."];

test("who was not asked learns of nobody where he is, and tells nobody where he is himself", () => {
  const server = new TestServer();
  const spy = server.login("spy", { ip: "6.6.6.6", port: 0 });
  const victim = server.login("victim", { ip: "10.0.0.1" });
  for (const port of ["0", "6699"]) {
    spy.send(703, port);
    for (const type of [608, 609, 619]) expect(spy.ask(type, `victim ${PATH}`), String(type)).toEqual(NOBODY);
    expect(spy.ask(641, "victim")).toEqual(NOBODY);
    spy.send(752, "victim");
  }
  // To have been asked for something else, or by somebody else, is not enough.
  victim.send(751, "spy").send(203, 'spy "other.mp3"');
  server.login("friend").send(203, `spy ${PATH}`);
  expect(spy.send(703, "0").ask(608, `victim ${PATH}`)).toEqual(NOBODY);
  victim.take();
  expect(spy.ask(641, "victim")).toEqual(NOBODY);
  expect(victim.take()).toEqual([]);
});

test("an answer is for who asked, not for who has his name afterwards", () => {
  const server = new TestServer();
  const owner = server.login("owner", { ip: "10.0.0.1", port: 0 });
  const asker = server.login("asker", { ip: "10.0.0.2" });
  asker.send(500, `owner ${PATH}`).hangUp();
  server.login("asker", { ip: "10.0.0.3" });
  owner.take();
  expect(owner.ask(608, `asker ${PATH}`)).toEqual(NOBODY);
});

test("a question is forgotten after a while", () => {
  const server = new TestServer();
  const [owner, asker] = [server.login("owner", { port: 6701 }), server.login("asker")];
  asker.send(203, `owner ${PATH}`).take();
  server.runFor(SERVER_LIMITS.questionMs);
  owner.take();
  expect(owner.ask(608, `asker ${PATH}`)).toEqual(NOBODY);
});

test.each([
  ["pings", 751, "victim", (nick: string) => [752, nick]],
  ["wishes for a file", 203, `victim ${PATH}`, (nick: string) => [608, `${nick} ${PATH}`]],
  ["wishes to browse", 640, "victim", (nick: string) => [641, nick]],
] as const)("a client that answers all %s of a crowd is not sent away for it", (_name, type, text, answer) => {
  const server = new TestServer();
  const victim = server.login("victim", { ip: "10.0.0.1", port: 6701 });
  victim.send(100, `${PATH} 00 1000 128 44100 200`).take();
  const crowd = Array.from({ length: 30 }, (_, i) => server.login(`evil${i}`, { ip: `6.6.6.${i % 10}` }));
  let asked = 0;
  for (let second = 0; second < 60; second++) {
    for (const evil of crowd) for (let i = 0; i < 20; i++) evil.send(type, text);
    for (const heard of victim.take()) {
      if (!heard.startsWith(type === 203 ? "607 " : `${type} `)) continue;
      asked++;
      const [back, words] = answer(heard.split(" ")[1] ?? "");
      victim.send(back as number, words as string);
    }
    server.runFor(1000);
  }
  expect(victim.closed).toBeUndefined();
  expect(asked).toBeLessThanOrEqual(SERVER_LIMITS.questionsBurst + 60 * SERVER_LIMITS.questionsPerSecond);
  expect(victim.ask(214).at(-1)).toMatch(/^214 31 /);
});

test("an answer is free once, and one host does not take all that somebody may be asked", () => {
  const server = new TestServer();
  const victim = server.login("victim", { ip: "10.0.0.1", port: 6701 });
  const evil = server.login("evil", { ip: "6.6.6.6" });
  for (let i = 0; i < 150; i++) evil.send(751, "victim");
  expect(victim.take().length).toBe(SERVER_LIMITS.questionsOfHostBurst);
  server.login("honest", { ip: "10.0.0.2" }).send(751, "victim");
  expect(victim.take()).toEqual(["751 honest"]);
  for (let i = 0; i <= SERVER_LIMITS.commandsBurst; i++) victim.send(752, "honest");
  expect(victim.take()).toEqual([]);
  expect(victim.ask(752, "honest")).toEqual(["404 You send too much; some of it was ignored."]);
});

test("commands over the measure are forgiven in time", () => {
  const server = new TestServer();
  const busy = server.login("busy");
  const { commandsBurst, commandsPerSecond, overdoneMax, overdoneForgivenPerSecond } = SERVER_LIMITS;
  for (let i = 0; i < commandsBurst; i++) busy.send(214);
  const seconds = 2 * overdoneMax;
  for (let second = 0; second < seconds; second++) {
    server.runFor(1000);
    for (let i = 0; i < commandsPerSecond + overdoneForgivenPerSecond - 1; i++) busy.send(214);
    busy.take();
  }
  expect(busy.closed).toBeUndefined();
  for (let i = 0; i <= commandsBurst + overdoneMax; i++) busy.send(214);
  expect(busy.closed).toBe("You send too much.");
});
