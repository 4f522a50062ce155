// Channels that reach over links.
import { expect, test } from "vitest";
import { SERVER_LIMITS } from "../server/limits.ts";
import { link, linkable, linked, loginOf } from "./fellow-fixture.ts";

test("people of two servers meet on a channel: they see each other come, talk and go", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora")).send(10_012, "nora 3 900");
  const alice = server.login("alice");
  alice.take();
  north.take();

  north.send(400, ":nora #Tides");
  expect(alice.ask(400, "#tides")).toEqual([
    "405 #Tides",
    "408 #Tides alice 0 7",
    "408 #Tides nora 3 4",
    "409 #Tides",
    "410 #Tides Welcome to the #Tides channel.",
  ]);
  expect(north.take()).toEqual(["400 :alice #Tides"]);
  alice.send(402, "#tides high  water").send(824, '#tides "waves"').send(401, "#tides");
  expect(north.take()).toEqual(["402 :alice #Tides high  water", '824 :alice #Tides "waves"', "401 :alice #Tides"]);

  const bob = server.login("bob").send(400, "#tides");
  bob.take();
  north
    .send(402, ":nora #tides low  water")
    .send(824, ':nora #tides "waves back"')
    .send(410, ":nora #tides ebb and flow");
  expect(bob.take()).toEqual(["403 #Tides nora low  water", '824 #Tides nora "waves back"', "410 #Tides ebb and flow"]);
  expect(bob.ask(603, "nora")[0]).toContain('" #Tides "');
  north.send(401, ":nora #tides");
  expect(bob.take()).toEqual(["407 #Tides nora 3 4"]);
});

test("a link that comes later hears who is on which channel, ours and others'", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora")).send(400, ":nora #tides");
  server.login("alice").send(400, "#tides");

  const heard = link(server, "south").take();

  expect(heard.filter((line) => line.startsWith("400"))).toEqual(["400 :alice #tides", "400 :nora #tides"]);
});

test("who is gone is gone from his channels, also with a whole server", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora")).send(2, loginOf("nils")).send(400, ":nora #tides").send(400, ":nils #tides");
  const alice = server.login("alice").send(400, "#tides");
  alice.take();
  north.send(10_000, "nora");
  expect(alice.take()).toEqual(["407 #tides nora 0 4"]);
  north.hangUp();
  expect(alice.take()).toEqual(["407 #tides nils 0 4"]);
  expect(alice.ask(617)).toEqual([expect.stringMatching(/^618 #tides 1 /), "617"]);
});

test("a kick from elsewhere sends a user out, who hears why", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  const alice = server.login("alice").send(400, "#tides");
  alice.take();
  north.send(829, ':north #tides alice "off topic"');
  expect(alice.take()).toEqual(["401 #tides", "404 north kicked you out of channel #tides: off topic"]);
});

test("who is not on a channel is not heard there, and guests leave room for the server's own channels", () => {
  const { server } = linkable();
  const north = linked(server, "north");
  north.send(2, loginOf("nora"));
  const alice = server.login("alice").send(400, "#tides");
  alice.take();
  north
    .send(402, ":nora #tides psst")
    .send(400, ":nora tides")
    .send(400, ":nora #a b")
    .send(400, `:nora #${"x".repeat(99)}`);
  expect(alice.take()).toEqual([]);

  for (let i = 0; i < 2 * SERVER_LIMITS.channelsForGuestsMax; i++) {
    if (i % 20 === 0) north.send(2, loginOf(`n${i}`));
    north.send(400, `:n${i - (i % 20)} #c${i}`);
  }
  expect(alice.ask(617).length).toBe(SERVER_LIMITS.channelsForGuestsMax + 1);
  expect(alice.ask(400, "#ours")[0]).toBe("405 #ours");
});
