// What the users of one host may do together.
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "./limits.ts";
import { type TestClient, TestServer } from "./server-fixture.ts";

const SEARCH = 'FILENAME CONTAINS "tide"';

/** How many of so many searches are carried out. */
function searches(client: TestClient, count: number): number {
  let done = 0;
  for (let i = 0; i < count; i++) if (!client.ask(200, SEARCH).some((line) => line.includes("too many"))) done++;
  return done;
}

test("logging in again and under other names brings no new measure, before a minute has passed", () => {
  const server = new TestServer();
  const { searchesBurst, hostAsUsers, hostLeftMs } = SERVER_LIMITS;
  const rounds = (): number => {
    let done = 0;
    for (let i = 0; i < 2 * hostAsUsers; i++) {
      const client = server.login(`eve${i}`, { ip: "6.6.6.6" });
      done += searches(client, searchesBurst);
      client.hangUp();
    }
    return done;
  };
  expect(rounds()).toBe(hostAsUsers * searchesBurst);
  expect(rounds()).toBe(0);
  expect(searches(server.login("bob", { ip: "10.0.0.1" }), searchesBurst)).toBe(searchesBurst);
  server.runFor(hostLeftMs);
  expect(rounds()).toBe(hostAsUsers * searchesBurst);
});

test("who does what he may is not sent away because others of his host do too much", () => {
  const server = new TestServer();
  const quiet = server.login("quiet", { ip: "6.6.6.6" });
  const evil = Array.from({ length: 10 }, (_, i) => server.login(`evil${i}`, { ip: "6.6.6.6" }));
  for (const each of evil) for (let i = 0; i < SERVER_LIMITS.commandsBurst; i++) each.send(214);
  quiet.take();
  expect(quiet.ask(214)).toEqual(["404 You send too much; some of it was ignored."]);
  for (let i = 0; i < 3 * SERVER_LIMITS.overdoneMax; i++) {
    server.runFor(1000 / SERVER_LIMITS.commandsPerSecond);
    for (const each of evil) each.send(214).take();
    quiet.send(214).take();
  }
  expect(quiet.closed).toBeUndefined();
});

test("on channels a user says no more than anybody could type", () => {
  const server = new TestServer();
  const [alice, eve] = [server.login("alice"), server.login("eve", { ip: "6.6.6.6" })];
  for (const client of [alice, eve]) client.send(400, "#x").take();
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < 15; i++) eve.send(402, "#x spam").send(824, '#x "spam"');
    eve.send(401, "#x").send(400, "#x");
    server.runFor(1000);
  }
  const { channelLinesBurst, channelLinesPerSecond } = SERVER_LIMITS;
  const heard = alice.take().filter((line) => /^(?:403|824|406) /.test(line));
  expect(heard.length).toBeLessThanOrEqual(channelLinesBurst + 10 * channelLinesPerSecond);
});

test("one host does not fill the directory, and has room again when its users go", () => {
  const directoryBytesMax = 64 * 1024 * 1024;
  const server = new TestServer({ options: { directoryBytesMax } });
  const share = (client: TestClient, from: number): number => {
    const before = server.node.directory.files;
    for (let i = from; i < from + 4000; i++) client.send(100, `"C:\\${i} ${"long ago ".repeat(40)}.mp3" 00 1 1 1 1`);
    return server.node.directory.files - before;
  };
  const [one, two] = [server.login("one", { ip: "6.6.6.6" }), server.login("two", { ip: "6.6.6.6" })];
  expect(share(one, 0)).toBe(share(server.login("far", { ip: "10.0.0.1" }), 0));
  expect(share(two, 4000)).toBe(0);
  expect(two.take()).toEqual(["404 Your address shares as much as it may; the rest is not listed."]);
  expect(server.node.directory.memoryUsed).toBeLessThan((2 * directoryBytesMax) / SERVER_LIMITS.directoryHostsLeast);
  one.send(110);
  expect(two.send(100, '"one more.mp3" 00 1 1 1 1').take()).toEqual([]);
  const shared = share(two, 0);
  expect(shared).toBeGreaterThan(1000);
  two.hangUp();
  expect(share(server.login("three", { ip: "6.6.6.6" }), 0)).toBeGreaterThanOrEqual(shared);
});

test("files that cannot be read are counted like others", () => {
  const server = new TestServer({ options: { sharesPerUserMax: 100 } });
  for (const type of [100, 870, 10_300]) {
    const evil = server.login(`evil${type}`, { ip: `6.6.6.${type % 250}` });
    for (let i = 0; i < 300; i++) evil.send(type, '"d" "x.mp3" 00');
    expect(evil.take().length, String(type)).toBe(200);
  }
});
