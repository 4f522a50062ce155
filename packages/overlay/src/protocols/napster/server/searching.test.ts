// Sharing, searching, browsing, resuming. What is found by which words is the directory's business, and tested there.
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "./limits.ts";
import { type TestClient, TestServer } from "./server-fixture.ts";

const MD5 = "631072b944eb6196797ab6a534b1ab97";
const URN = "urn:sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";

function song(name: string, size = 1000, rest = ""): string {
  return `"C:\\Music\\${name}.mp3" ${MD5} ${size} 128 44100 200${rest}`;
}

function hits(client: TestClient, request: string): string[] {
  const heard = client.ask(200, request);
  expect(heard.at(-1)).toBe("202");
  return heard.slice(0, -1).map((line) => /\\([^\\]*)\.mp3"/.exec(line)?.[1] ?? line);
}

test("a file is found by others from the moment on at which it is shared, and not when its owner is gone", () => {
  const server = new TestServer();
  const alice = server.login("alice").send(100, song("blue tide"));
  const bob = server.login("bob");
  expect(hits(bob, 'FILENAME CONTAINS "tide"')).toEqual(["blue tide"]);
  expect(hits(alice, 'FILENAME CONTAINS "tide"')).toEqual([]);
  alice.hangUp();
  expect(hits(bob, 'FILENAME CONTAINS "tide"')).toEqual([]);
  expect(bob.ask(214)).toEqual(["214 1 0 0"]);
});

test("files are shared one by one, by directory and by type, and unshared by path or all at once", () => {
  const server = new TestServer();
  const alice = server.login("alice");
  expect(alice.ask(870, `"D:\\Dir" "one.mp3" ${MD5} 1 192 44100 1 "two.mp3" ${MD5} 2 256 48000 2`)).toEqual([]);
  expect(alice.ask(10300, `"E:\\clip.avi" 7000 ${MD5} video`)).toEqual([]);
  expect(alice.ask(214)).toEqual(["214 1 3 0"]);
  expect(alice.ask(100, `"D:\\Dir\\one.mp3" ${MD5} 1 192 44100 1`)).toEqual(["404 duplicate file"]);
  expect(alice.ask(102, "D:\\Dir\\one.mp3")).toEqual([]);
  expect(alice.ask(102, '"D:\\Dir\\two.mp3"')).toEqual([]);
  expect(alice.ask(102, "D:\\Dir\\two.mp3")).toEqual(["404 Not sharing that file"]);
  expect(alice.ask(110)).toEqual(["110 1"]);
  expect(alice.ask(214)).toEqual(["214 1 0 0"]);
});

test("what cannot be read is refused, and what stands before it in a directory counts", () => {
  const alice = new TestServer().login("alice");
  expect(alice.ask(100, '"no args"')).toEqual(["404 parameters are unparsable"]);
  expect(alice.ask(100, `"a.mp3" ${MD5} many 1 1 1`)).toEqual(["404 parameters are unparsable"]);
  expect(alice.ask(870, `"D" "one.mp3" ${MD5} 1 192 44100 1 "two.mp3" ${MD5}`)).toEqual([
    "404 parameters are unparsable",
  ]);
  expect(alice.ask(214)).toEqual(["214 1 1 0"]);
});

test("nobody shares more than he may, and hears it once", () => {
  const alice = new TestServer({ options: { sharesPerUserMax: 3 } }).login("alice");
  const heard = ["a", "b", "c", "d", "e"].flatMap((name) => alice.ask(100, song(`tide ${name}`)));
  expect(heard).toEqual(["404 You may share 3 files; the rest is not listed."]);
  expect(alice.ask(214)).toEqual(["214 1 3 0"]);
});

test("who shares and unshares without end gets slower than that", () => {
  const server = new TestServer({ options: { sharesPerUserMax: 10 } });
  const alice = server.login("alice");
  for (let i = 0; i < 500; i++) alice.send(100, song(`tide ${i}`)).send(102, `C:\\Music\\tide ${i}.mp3`);
  expect(server.node.counters.shares).toBeLessThanOrEqual(20);
  server.runFor(1000);
  alice.send(110).send(100, song("blue tide"));
  expect(server.node.directory.files).toBe(1);
});

test("clauses are joined, numbers are compared, and the cap is the smaller one of both", () => {
  const server = new TestServer({ options: { resultsMax: 2 } });
  const alice = server.login("alice", { speed: 7 });
  for (const name of ["blue tide", "red tide", "green tide (live)"]) alice.send(100, song(name, name.length));
  const bob = server.login("bob");
  expect(hits(bob, 'FILENAME CONTAINS "tide" MAX_RESULTS 1')).toHaveLength(1);
  expect(hits(bob, 'FILENAME CONTAINS "tide" MAX_RESULTS 4000000000')).toHaveLength(2);
  expect(hits(bob, 'FILENAME CONTAINS "tide" MAX_RESULTS 0')).toHaveLength(2);
  expect(hits(bob, 'FILENAME CONTAINS "tide" FILENAME CONTAINS "red"')).toEqual(["red tide"]);
  expect(hits(bob, 'FILENAME CONTAINS "tide -live" FILENAME EXCLUDES "red"')).toEqual(["blue tide"]);
  expect(hits(bob, 'FILENAME CONTAINS "tide" SIZE "AT BEST" 8')).toEqual(["red tide"]);
  expect(hits(bob, 'FILENAME CONTAINS "tide" LINESPEED "AT LEAST" 8')).toEqual([]);
  expect(hits(bob, 'FILENAME CONTAINS "red" LINESPEED "EQUAL TO" "7"')).toEqual(["red tide"]);
  expect(hits(bob, 'FILENAME CONTAINS "red" TYPE video')).toEqual([]);
});

test("a firewalled client does not hear of files that only firewalled ones have", () => {
  const server = new TestServer();
  server.login("carol", { port: 0 }).send(100, song("blue tide"));
  expect(hits(server.login("dave", { port: 0 }), 'FILENAME CONTAINS "tide"')).toEqual([]);
  expect(hits(server.login("bob"), 'FILENAME CONTAINS "tide"')).toEqual(["blue tide"]);
});

test("our own clients hear the claimed name of the content and the owner's port, old ones do not", () => {
  const server = new TestServer();
  server.login("alice").send(100, song("blue tide", 1000, ` ${URN}`));
  const [old] = server.login("bob").ask(200, 'FILENAME CONTAINS "tide"');
  const [own] = server.login("carol", { client: "Servent 0.1" }).ask(200, 'FILENAME CONTAINS "tide"');
  expect(old).toMatch(/ alice \d+ 7$/);
  expect(own).toMatch(new RegExp(` alice \\d+ 7 0 ${URN} 6699$`));
});

test("too many searches fail with words, and still end", () => {
  const server = new TestServer();
  const bob = server.login("bob");
  for (let i = 0; i < SERVER_LIMITS.searchesBurst; i++) hits(bob, 'FILENAME CONTAINS "x"');
  expect(bob.ask(200, 'FILENAME CONTAINS "x"')).toEqual(["404 search failed: too many searches", "202"]);
  server.runFor(1000);
  expect(bob.ask(200, 'FILENAME CONTAINS "x"')).toEqual(["202"]);
});

test("a resume names everybody else who claims this hash and size; no hash at all names nobody", () => {
  const server = new TestServer();
  const alice = server.login("alice").send(100, song("blue tide"));
  server.login("bob").send(100, song("other name"));
  server.login("carol").send(100, `"x.mp3" ${"0".repeat(32)} 1000 128 44100 200`);
  expect(alice.ask(215, `${MD5} 1000`)).toEqual([
    `216 bob 16777226 6699 "C:\\Music\\other name.mp3" ${MD5} 1000 7`,
    "217",
  ]);
  expect(alice.ask(215, `${MD5} 1`)).toEqual(["217"]);
  expect(alice.ask(215, `${"0".repeat(32)} 1000`)).toEqual(["217"]);
  expect(alice.ask(215)).toEqual(["217"]);
});

test("a browse lists so many files in the order in which they came, also for a slow reader", () => {
  const server = new TestServer();
  const alice = server.login("alice");
  const long = "x".repeat(900);
  for (let i = 0; i < 501; i++) alice.send(100, song(`${i} ${long}`));
  const bob = server.login("bob");
  bob.isStuck = true;
  bob.send(211, "alice");
  expect(bob.heard.length).toBeLessThan(150);
  while (bob.heard.length < 501) {
    bob.read();
    bob.isStuck = true;
  }
  expect(bob.heard).toHaveLength(501);
  expect(bob.heard[499]).toContain("\\499 ");
  expect(bob.heard[500]).toBe("213 alice 16777226");
  expect(server.login("carol").ask(211, "alice 2")).toHaveLength(3);
});

test("who asks for more than he reads is cut off, and nobody else is", () => {
  const server = new TestServer();
  const alice = server.login("alice");
  for (let i = 0; i < 500; i++) alice.send(100, song(`${i} ${"x".repeat(900)}`));
  const bob = server.login("bob");
  bob.isStuck = true;
  for (let i = 0; i < 10 && bob.closed === undefined; i++) bob.send(211, "alice");
  expect(bob.closed).toBe("does not read what it asks for");
  expect(server.node.counters.unread).toBe(1);
  expect(alice.closed).toBeUndefined();
  expect(server.node.userCount).toBe(1);
});
