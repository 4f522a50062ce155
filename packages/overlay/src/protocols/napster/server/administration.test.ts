// Levels, kills, bans, muzzles, accounts: who may do what to whom.
import { expect, test } from "vitest";
import { LEVEL } from "./accounts.ts";
import { banMask, matches } from "./bans.ts";
import { TestAccounts, TestServer } from "./server-fixture.ts";

function world() {
  const accounts = new TestAccounts(
    { nick: "root", level: LEVEL.elite, password: "pw" },
    { nick: "ada", level: LEVEL.admin, password: "pw" },
    { nick: "max", level: LEVEL.moderator, password: "pw" },
    { nick: "una", level: LEVEL.user, password: "pw" },
  );
  const server = new TestServer({ accounts });
  return { server, accounts };
}

test("users may do nothing to others", () => {
  const { server } = world();
  const bob = server.login("bob");
  server.login("alice");
  for (const type of [606, 610, 611, 612, 614, 615, 622, 623, 627, 628, 753, 801, 831, 10_115, 10_200]) {
    expect(bob.ask(type, "alice 4"), String(type)).toEqual(["404 permission denied"]);
  }
  expect(server.node.userCount).toBe(2);
});

test("a moderator kills users, but nobody who stands as high as he or higher", () => {
  const { server } = world();
  const [max, ada, bob] = [server.login("max"), server.login("ada"), server.login("bob")];
  max.send(610, 'bob "spam"').send(610, "ada");
  expect(bob.take()).toEqual(["404 You have been killed by max: spam", "316 0"]);
  expect(bob.closed).toBeDefined();
  expect(ada.closed).toBeUndefined();
  expect(max.take().at(-1)).toBe("404 permission denied");
});

test("who is banned by name or address does not come in until it is over", () => {
  const { server } = world();
  const max = server.login("max");
  max.send(612, '10.0.0.* "spam" 60').send(612, "mallory");
  expect(server.connect("10.0.0.5").ask(2, "bob pw 1 x 3")).toEqual(["0 You are banned: spam"]);
  expect(server.connect("10.0.1.5").ask(2, "Mallory pw 1 x 3")[0]).toMatch(/^0 You are banned/);
  server.login("bob", { ip: "10.0.1.5" });
  expect(max.ask(615)).toEqual(['616 *!10.0.0.* max "spam" 1000001 60', '616 mallory!* max "" 1000001 0', "615"]);
  server.runFor(60_000);
  server.login("carol", { ip: "10.0.0.5" });
  max.send(614, "mallory");
  server.login("mallory", { ip: "10.0.1.5" });
  expect(server.bans.at(-1)).toEqual([]);
});

test("masks stand for what they say, and hostile ones take no time", () => {
  expect(banMask("Bob")).toBe("bob!*");
  expect(banMask("10.0.0.1")).toBe("*!10.0.0.1");
  expect(matches("b?b*!*", "bobby!10.0.0.1")).toBe(true);
  expect(matches("*!10.0.*.1", "x!10.0.77.1")).toBe(true);
  expect(matches("b?b", "bb")).toBe(false);
  expect(matches("*", "")).toBe(true);
  expect(matches(`${"*a".repeat(32)}b`, "a".repeat(10_000))).toBe(false);
});

test("the muzzled may talk to moderators only", () => {
  const { server } = world();
  const [max, bob, alice] = [server.login("max"), server.login("bob"), server.login("alice")];
  max.send(622, 'bob "shouting"');
  expect(bob.ask(205, "alice hi")).toContain("404 You are muzzled.");
  expect(alice.take()).toEqual([]);
  max.take();
  bob.send(205, "max sorry");
  expect(max.take()).toEqual(["205 bob sorry"]);
  max.send(623, "bob");
  bob.send(205, "alice hi");
  expect(alice.take()).toEqual(["205 bob hi"]);
});

test("levels are given below one's own, and power only to who has a password", () => {
  const { server, accounts } = world();
  const [ada, una] = [server.login("ada"), server.login("una")];
  server.login("bob");
  expect(ada.ask(606, "una admin")).toEqual(["404 permission denied"]);
  expect(ada.ask(606, "root user")).toEqual(["404 permission denied"]);
  expect(ada.ask(606, "bob moderator")).toEqual(["404 bob has no account."]);
  ada.send(606, "una moderator");
  expect(una.take()).toContain("404 ada changed your user level to Moderator.");
  expect(accounts.find("una")?.level).toBe(LEVEL.moderator);
  ada.send(606, "bob leech");
  expect(una.ask(615)).toEqual(["615"]);
});

test("whoever merely bears the name of an account gets none of its rights", () => {
  const { server, accounts } = world();
  const ada = server.login("ada");
  const newbie = server.login("newbie");
  ada.send(10_200, "newbie secret n@example.org user");
  expect(newbie.closed).toBeDefined();

  // The operator makes an account while somebody else has its name.
  const other = server.login("other", { password: "anything" });
  accounts.known.set("other", { nick: "other", level: LEVEL.user, password: "secret", email: "", lastSeen: 0 });
  ada.send(606, "other moderator");
  expect(other.ask(615)).toEqual(["404 permission denied"]);
  expect(accounts.find("other")?.level).toBe(LEVEL.moderator);

  // An account that was deleted, and made again for somebody else.
  const una = server.login("una");
  ada.send(611, "una").send(10_200, "una secret u@example.org user");
  expect(una.closed).toBeDefined();
});

test("a leech may not share, but search", () => {
  const { server } = world();
  const ada = server.login("ada");
  const bob = server.login("bob");
  ada.send(606, "bob Leech");
  expect(bob.ask(100, '"a.mp3" 0 1 128 44100 1')).toContain("404 permission denied");
  expect(bob.ask(200, 'FILENAME CONTAINS "x"')).toEqual(["202"]);
});

test("admins make, change and delete accounts", () => {
  const { server } = world();
  const ada = server.login("ada");
  ada.send(10_200, "newbie secret n@example.org moderator");
  expect(ada.take()).toEqual(["404 newbie is registered."]);
  expect(ada.ask(10_200, "boss secret b@example.org elite")).toEqual(["404 permission denied"]);
  ada.send(753, "newbie other");
  expect(ada.take()).toEqual(["404 newbie has a new password."]);
  server.login("newbie", { password: "other" }).hangUp();
  expect(ada.ask(603, "newbie")).toEqual(['605 newbie "Moderator" 0']);
  const newbie = server.login("newbie", { password: "other" });
  ada.send(611, "newbie");
  expect(newbie.ask(615)).toEqual(["404 permission denied"]);
  newbie.hangUp();
  server.login("newbie", { password: "anything" });
});

test("one's own password is changed without a word", () => {
  const { server } = world();
  const una = server.login("una");
  expect(una.ask(701, "better")).toEqual([]);
  una.hangUp();
  expect(server.connect().ask(2, "una pw 1 x 3")).toEqual(["0 Invalid Password"]);
  server.login("una", { password: "better" });
});

test("announcements reach all, operators' messages only operators", () => {
  const { server } = world();
  const [max, ada, bob] = [server.login("max"), server.login("ada"), server.login("bob")];
  max.take();
  max.send(627, "look out").send(628, "closing at ten");
  expect(ada.take()).toEqual(["627 max look out", "628 max closing at ten"]);
  expect(bob.take()).toEqual(["628 max closing at ten"]);
});
