// Links come about, or do not, and are dialled again.
import { expect, test } from "vitest";
import { formatEndpoint } from "../../../base/ipv4.ts";
import type { Address } from "../../../host/host.ts";
import { TestServer } from "../server/server-fixture.ts";
import { greet, HOSTS, link, linkable, linked, ourProof, proofFor } from "./fellow-fixture.ts";
import { LINK_LIMITS } from "./limits.ts";
import { linkProof } from "./proof.ts";

test("the proof is the one that opennap-ng 0.50 sent, given these nonces and this password", () => {
  expect(linkProof("0123456789ABCDEF", "8CC19F61E0CF0360", "linkpw")).toBe("76B04054A9E9DA695278359C36F4AFCF");
});

test("a server that proves its password is linked and told when it is all told", () => {
  const { server, news } = linkable();

  const north = link(server, "north");

  expect(north.take()).toEqual(["10023 :test 1000001", "10262"]);
  expect(north.ask(10_262)).toEqual(["10263"]);
  expect(news).toEqual(["linked north"]);
});

test.each([
  ["a name that nobody gave", "east", "10.1.0.1", "0 link failed: not in servers file"],
  ["a name that is another host's", "north", "10.9.0.1", "0 link failed: IP address does not match north"],
  ["our own name", "test", "10.1.0.1", "0 link failed: not in servers file"],
])("%s is refused before anything is said", (_name, name, host, answer) => {
  const { server } = linkable();
  const fellow = greet(server, name, host);
  expect(fellow.take()).toEqual([answer]);
  expect(fellow.closed).toBeDefined();
});

test("a wrong proof is refused, and a client's message before the proof", () => {
  const { server, news } = linkable();
  const liar = greet(server, "north");
  const [greeting = ""] = liar.take();
  expect(liar.ask(10_011, proofFor(greeting.slice(6), "guessed"))).toEqual(["0 link failed: bad password"]);
  const hasty = greet(server, "north");
  hasty.take();
  expect(hasty.ask(2, 'eve pw 6699 "x" 3')).toEqual(["0 link failed: invalid parameters"]);
  expect(news.map((line) => line.split(":")[0])).toEqual(["refused north", "refused north"]);
});

test("a server without links takes a link's greeting for the nonsense that it is", () => {
  const server = new TestServer();
  expect(server.connect().ask(10_010, "north 0123456789ABCDEF 1")).toEqual(["0 invalid command"]);
});

test("a server that is linked already, here or behind another, is refused as a loop", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  expect(greet(server, "north").take()).toEqual(["0 link failed: already linked"]);

  north.send(10_019, "north 8888 south 8888 2");

  expect(greet(server, "south").take()).toEqual(["0 link failed: already linked"]);
  north.hangUp();
  expect(greet(server, "south").take()[0]).toMatch(/^10010 test [0-9A-F]{16} \d$/);
});

test("who comes by another way while it proves itself is refused after all", () => {
  const { server } = linkable();
  const south = greet(server, "south");
  const [greeting = ""] = south.take();
  const north = linked(server, "north");
  north.send(10_019, "north 8888 south 8888 2");
  expect(south.ask(10_011, proofFor(greeting.slice(6)))).toEqual(["0 link failed: already linked"]);
});

test("a loop that nobody saw in time is cut at its younger link", () => {
  const { server, news } = linkable();
  const north = linked(server, "north");
  server.runFor(50);
  const south = linked(server, "south");

  north.send(10_019, "north 8888 south 8888 2");

  expect(south.closed).toBe("south is already linked");
  expect(north.closed).toBeUndefined();
  expect(news.at(-1)).toBe("lost south: south is already linked");
});

test("what is dialled is dialled again, ever more rarely while it fails", () => {
  const { server } = linkable({ isDialled: true });
  server.runFor(LINK_LIMITS.tickMs);
  expect(server.dialled.map(({ to }) => formatEndpoint(to))).toEqual(
    Object.values(HOSTS).map((host) => `${host}:8888`),
  );
  const { to } = server.dialled[0] as { to: Address };

  const dialledAt: number[] = [];
  for (let tick = 0; tick < 2000; tick++) {
    for (const dial of server.dialled.splice(0)) {
      if (dial.to === to) dialledAt.push(server.now);
      server.end(dial.client, "connection refused");
    }
    server.runFor(LINK_LIMITS.tickMs);
  }

  const pauses = dialledAt.slice(1).map((at, i) => at - (dialledAt[i] as number));
  expect(pauses[0]).toBeLessThan(2 * LINK_LIMITS.redialMs);
  expect(Math.max(...pauses)).toBeLessThan(2 * LINK_LIMITS.redialMaxMs);
  expect(Math.max(...pauses)).toBeGreaterThan(LINK_LIMITS.redialMaxMs / 2);
  expect(pauses.length).toBeLessThan(25);
});

test("a dialled server that answers is linked; when the link is lost it is dialled again", () => {
  const { server, news } = linkable({ isDialled: true });
  server.runFor(LINK_LIMITS.tickMs);
  const west = server.answer();
  const [greeting = ""] = west.take();
  west.send(10_010, "west 0123456789ABCDEF 1");
  expect(west.take()).toEqual([ourProof(greeting.slice(6))]);
  west.send(10_011, proofFor(greeting.slice(6)));
  expect(news).toContain("linked west");
  server.dialled.splice(0);

  west.hangUp();
  server.runFor(2 * LINK_LIMITS.redialMs);

  expect(news).toContain("lost west: closed by the other side");
  expect(server.dialled.map(({ to }) => formatEndpoint(to))).toEqual(["10.3.0.1:8888"]);
});

test("a link that held is dialled again soon, however long it took to come about", () => {
  const { server } = linkable({ isDialled: true });
  for (let tick = 0; tick < 1200; tick++) {
    for (const { client } of server.dialled.splice(0)) server.end(client, "connection refused");
    server.runFor(LINK_LIMITS.tickMs);
  }
  while (server.dialled.length === 0) server.runFor(LINK_LIMITS.tickMs);
  const { to } = server.dialled.at(-1) as { to: Address };
  const name = Object.keys(HOSTS).find((each) => formatEndpoint(to) === `${HOSTS[each]}:8888`) ?? "";
  const fellow = server.answer();
  const [greeting = ""] = fellow.take();
  fellow.send(10_010, `${name} 0123456789ABCDEF 1`).send(10_011, proofFor(greeting.slice(6)));
  server.runFor(LINK_LIMITS.redialMaxMs);
  server.dialled.splice(0);

  fellow.hangUp();
  server.runFor(2 * LINK_LIMITS.redialMs);

  expect(server.dialled.map((dial) => dial.to)).toContain(to);
});

test("where both dial at once, one link stands", () => {
  const { server, news } = linkable({ isDialled: true });
  server.runFor(LINK_LIMITS.tickMs);
  const ours = server.answer();
  // "west" comes behind "test", so ours stands.
  expect(greet(server, "west").take()).toEqual(["0 link failed: already linking"]);
  const [greeting = ""] = ours.take();
  ours.send(10_010, "west 0123456789ABCDEF 1").send(10_011, proofFor(greeting.slice(6)));
  expect(news.at(-1)).toBe("linked west");

  // "south" comes before it, so theirs stands.
  const theirs = link(server, "south");
  expect(theirs.closed).toBeUndefined();
  expect(news.at(-1)).toBe("linked south");
});

test("a handshake that does not go on is given up", () => {
  const { server } = linkable();
  const north = greet(server, "north");
  server.runFor(LINK_LIMITS.handshakeMs + LINK_LIMITS.tickMs);
  expect(north.closed).toBe("link failed: timeout");
});

test("of a clock too far from ours nobody can say who came first", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(10_023, ":north 1000050");
  expect(north.closed).toBeUndefined();
  north.send(10_023, ":north 1000500");
  expect(north.closed).toBe("Clock skewed by 499 seconds");
});

test("a link that has answered pings and answers no more is given up; one that never did is left alone", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const south = linked(server, "south");
  server.runFor(LINK_LIMITS.pingEveryMs + LINK_LIMITS.tickMs);
  expect(north.take()).toContain("750 :test north 0 0");
  north.send(10_022, ":north test 0 0");

  server.runFor((LINK_LIMITS.pingsMissedMax + 2) * LINK_LIMITS.pingEveryMs);

  expect(north.closed).toBe("no answer");
  expect(south.closed).toBeUndefined();
});
