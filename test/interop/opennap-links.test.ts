// Our index server as one of a tree of old servers: opennap-ng 0.50, opennap 0.44 and 0.36.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type LineOptions, NapsterLine } from "./opennap-line.ts";
import { OurServer } from "./opennap-ours.ts";
import { openNapProblem, Place } from "./opennap-place.ts";
import { OldServer, type OldServerKind } from "./opennap-server.ts";

const programs = process.env.SERVENT_OPENNAP ?? "";
const problem = openNapProblem(process.env.SERVENT_OPENNAP);
const suite = problem === undefined ? "linked with OpenNap" : `linked with OpenNap (skipped: ${problem})`;

const TEST_MS = 90_000;
const HEAL_SECONDS = 30;

describe.skipIf(problem !== undefined)(suite, () => {
  let place: Place;
  let users = 0;

  beforeAll(() => {
    place = new Place();
  });

  afterAll(async () => place.close(), TEST_MS);

  /** Somebody new, who shares one song about the tide, at this server. */
  async function user(server: { readonly endpoint: string }, options: Partial<LineOptions> = {}): Promise<NapsterLine> {
    const nick = `user${++users}`;
    const line = await NapsterLine.login(server.endpoint, { nick, from: place.address(), ...options });
    line.share(songOf(line));
    // An answer to a later request: the song is in the directory.
    await line.ask(214, "", 214);
    return line;
  }

  /** Waits until everybody finds the songs of all others, each once. */
  async function allFindAll(lines: readonly NapsterLine[]): Promise<void> {
    for (const asker of lines) {
      const wanted = lines.filter((line) => line !== asker).map((line) => `${songOf(line)} of ${line.nick}`);
      let found: string[] = [];
      await eventually(
        `${asker.nick} finds everything`,
        HEAL_SECONDS,
        async () => {
          found = await asker.search("tide");
          return found.length >= wanted.length ? true : undefined;
        },
        () => `${found.join("\n")}\ninstead of\n${wanted.join("\n")}`,
      );
      expect(found).toEqual(wanted.sort());
    }
  }

  function songOf({ nick }: { readonly nick: string }): string {
    return `\\music\\the tide ${nick}.mp3`;
  }

  /** What two people at different servers do with each other. */
  async function meet(alice: NapsterLine, bob: NapsterLine): Promise<void> {
    const path = songOf(alice);
    bob.send(203, `${alice.nick} "${path}"`);
    await alice.until(607, (text) => text.startsWith(`${bob.nick} "${path}"`));
    alice.send(608, `${bob.nick} "${path}"`);
    expect(await bob.until(204)).toMatch(new RegExp(`^${alice.nick} \\d+ 6699 "`));

    bob.send(205, `${alice.nick} hello over there`);
    expect(await alice.until(205)).toBe(`${bob.nick} hello over there`);
    expect(await bob.ask(603, alice.nick, 604)).toMatch(new RegExp(`^${alice.nick} "User" .* "by hand"`));
    expect(await bob.ask(211, alice.nick, 212)).toContain(`${alice.nick} "${path}"`);
    expect(await bob.until(213)).toMatch(new RegExp(`^${alice.nick}\\b`));
  }

  /** Two servers, linked by the one or the other. */
  async function pair(kind: OldServerKind, dialler: "we" | "it") {
    const [a, b] = [place.address(), place.address()];
    const theirs = await OldServer.start(place, kind, programs, { address: a, peers: [b] });
    const ours = await OurServer.start(place, b, dialler === "we" ? { dials: [a] } : { awaits: [a] });
    if (dialler === "it") await theirs.linkWith(b);
    await ours.linkedWith(a);
    return { theirs, ours };
  }

  test.each([
    ["ng", "we"],
    ["ng", "it"],
    ["44", "we"],
    ["44", "it"],
    ["36", "we"],
    ["36", "it"],
  ] as const)(
    "with opennap %s, where %s dialled: search, download, browse, whois and message cross in both directions",
    {
      timeout: TEST_MS,
    },
    async (kind, dialler) => {
      const { theirs, ours } = await pair(kind, dialler);
      const [early, late] = [await user(theirs), await user(ours)];

      await allFindAll([early, late]);
      await meet(early, late);
      await meet(late, early);
    },
  );

  test("users who were there before the link are known after it, on both sides", { timeout: TEST_MS }, async () => {
    const [a, b] = [place.address(), place.address()];
    const theirs = await OldServer.start(place, "ng", programs, { address: a, peers: [b] });
    const ours = await OurServer.start(place, b, { awaits: [a] });
    const there = await user(theirs);
    const here = await user(ours);

    await theirs.linkWith(b);

    await allFindAll([there, here]);
    await meet(there, here);
    await meet(here, there);
  });

  test.each(["middle", "end"] as const)(
    "of three, with us at the %s, everybody finds everything, and talks",
    {
      timeout: TEST_MS,
    },
    async (where) => {
      const [a, b, c] = [place.address(), place.address(), place.address()];
      const old = (address: string, peers: readonly string[]) =>
        OldServer.start(place, "ng", programs, { address, peers });
      const first = await old(a, [b]);
      const last = where === "middle" ? await old(c, [b]) : await old(b, [a, c]);
      const ours = await OurServer.start(
        place,
        where === "middle" ? b : c,
        where === "middle" ? { dials: [a, c] } : { dials: [b] },
      );
      if (where === "middle") await ours.linkedWith(a);
      else await first.linkWith(b);
      await ours.linkedWith(where === "middle" ? c : b);
      const lines = [await user(first), await user(last), await user(ours)] as const;

      await allFindAll(lines);
      for (const one of lines) for (const other of lines) if (one !== other) await meetOnce(one, other);
      // Each server asks the next one only for what is still wanted.
      expect(await lines[0].search("tide", 1)).toHaveLength(1);
    },
  );

  async function meetOnce(one: NapsterLine, other: NapsterLine): Promise<void> {
    const since = one.count;
    other.send(205, `${one.nick} from ${other.nick}`);
    await one.until(205, (text) => text === `${other.nick} from ${other.nick}`, since);
  }

  test("ng, 0.44, 0.36 and we in one tree: everybody finds everything", { timeout: TEST_MS }, async () => {
    const [a, b, c, us] = [place.address(), place.address(), place.address(), place.address()];
    const servers = [
      await OldServer.start(place, "ng", programs, { address: a, peers: [us] }),
      await OldServer.start(place, "44", programs, { address: b, peers: [us] }),
      await OldServer.start(place, "36", programs, { address: c, peers: [us] }),
    ];
    const ours = await OurServer.start(place, us, { dials: [a, b, c] });
    for (const peer of [a, b, c]) await ours.linkedWith(peer);

    const lines = [await user(ours)];
    for (const server of servers) lines.push(await user(server));

    await allFindAll(lines);
  });

  test("a link that would close a loop is refused: theirs by us, ours by them", { timeout: TEST_MS }, async () => {
    const [a, b, us] = [place.address(), place.address(), place.address()];
    const first = await OldServer.start(place, "ng", programs, { address: a, peers: [b, us] });
    const second = await OldServer.start(place, "ng", programs, { address: b, peers: [a, us] });
    const ours = await OurServer.start(place, us, { dials: [a], awaits: [b] });
    await ours.linkedWith(a);
    await first.linkWith(b);

    expect(await second.askToLink(us)).toMatch(/already linked/);
    // Their own tables stop it, so the greeting that they would send is sent by hand.
    const greeting = await NapsterLine.connect(ours.endpoint, { nick: "greeting", from: b });
    expect(await greeting.ask(10_010, `${b} 0123456789ABCDEF 1`, 0)).toBe("link failed: already linked");
    const lines = [await user(first), await user(second), await user(ours)];
    await allFindAll(lines);
  });

  test("a linked server is killed: its users are gone; it comes back, is linked again, and everything is found", {
    timeout: TEST_MS,
  }, async () => {
    const [a, b, us] = [place.address(), place.address(), place.address()];
    const first = await OldServer.start(place, "ng", programs, { address: a, peers: [us] });
    const second = await OldServer.start(place, "ng", programs, { address: b, peers: [us] });
    const ours = await OurServer.start(place, us, { dials: [a, b] });
    await ours.linkedWith(a);
    await ours.linkedWith(b);
    const [here, there, gone] = [await user(ours), await user(second), await user(first)];
    await allFindAll([here, there, gone]);
    const before = ours.now;

    await first.kill();

    await ours.hears(`link with ${a} lost`, HEAL_SECONDS, before);
    await allFindAll([here, there]);
    expect(await here.ask(205, `${gone.nick} are you there`, 404)).toMatch(/not currently online/);
    await eventually("the other server has heard of it", HEAL_SECONDS, async () => {
      const since = there.count;
      there.send(205, `${gone.nick} are you there`);
      const answer = await there.until(404, undefined, since);
      return /not.*online/.test(answer) ? true : undefined;
    });

    await first.launch();
    await ours.linkedWith(a, before);
    const back = await user(first);
    await allFindAll([here, there, back]);
    await meet(back, there);
  });

  test("we are killed and come back: the old servers take us again, and know our new users", {
    timeout: TEST_MS,
  }, async () => {
    const { theirs, ours } = await pair("ng", "we");
    const there = await user(theirs);
    const gone = await user(ours);
    await allFindAll([there, gone]);

    await ours.stop("SIGKILL");
    const again = await OurServer.start(place, ours.address, { dials: [theirs.address] });
    await again.linkedWith(theirs.address);
    const back = await user(again, { nick: gone.nick });

    await allFindAll([there, back]);
    await meet(there, back);
  });

  test.each(["ng", "44", "36"] as const)(
    "with opennap %s, people of both servers meet on a channel",
    {
      timeout: TEST_MS,
    },
    async (kind) => {
      const { theirs, ours } = await pair(kind, "we");
      const [there, here] = [await user(theirs), await user(ours)];
      await allFindAll([there, here]);

      await there.ask(400, "#tides", 409);
      await here.ask(400, "#tides", 409);
      expect(here.transcript).toMatch(new RegExp(`408 #tides ${there.nick} 1 4`));
      expect(await there.until(406)).toBe(`#tides ${here.nick} 1 4`);

      here.send(402, "#tides high water");
      expect(await there.until(403, (text) => text.includes(here.nick))).toBe(`#tides ${here.nick} high water`);
      there.send(402, "#tides low water");
      expect(await here.until(403, (text) => text.includes(there.nick))).toBe(`#tides ${there.nick} low water`);
      there.close();
      // opennap-ng and 0.44 tell us of it when the next thing happens to them.
      const other = await user(theirs);
      await eventually("we hear of it", HEAL_SECONDS, async () => {
        await other.ask(214, "", 214);
        return here.heard.find(({ type }) => type === 407);
      });
      expect(await here.until(407)).toBe(`#tides ${there.nick} 1 4`);
    },
  );

  test("who is on a channel before the link is there after it", { timeout: TEST_MS }, async () => {
    const [a, b] = [place.address(), place.address()];
    const theirs = await OldServer.start(place, "ng", programs, { address: a, peers: [b] });
    const ours = await OurServer.start(place, b, { awaits: [a] });
    const [there, here] = [await user(theirs), await user(ours)];
    await there.ask(400, "#tides", 409);
    await here.ask(400, "#tides", 409);

    await theirs.linkWith(b);

    expect(await there.until(406)).toMatch(new RegExp(`^#tides ${here.nick} `));
    expect(await here.until(406)).toMatch(new RegExp(`^#tides ${there.nick} `));
  });

  test("a name that is registered there cannot be used here: its password does not cross, so they end the session", {
    timeout: TEST_MS,
  }, async () => {
    const { theirs, ours } = await pair("ng", "we");
    const other = await user(ours);

    const impostor = await NapsterLine.tryLogin(ours.endpoint, { nick: theirs.operator, from: place.address() });
    await eventually("he is sent away", HEAL_SECONDS, () => (impostor.isClosed ? true : undefined));

    expect(impostor.transcript).toContain(`You have been killed by ${theirs.address}`);
    expect(other.isClosed).toBe(false);
  });

  test("a name that is registered here cannot be used there", { timeout: TEST_MS }, async () => {
    const { theirs, ours } = await pair("ng", "we");
    await ours.register("harbourmaster", "low-water");

    const impostor = await NapsterLine.tryLogin(theirs.endpoint, { nick: "harbourmaster", from: place.address() });
    await eventually("he is sent away", HEAL_SECONDS, () => (impostor.isClosed ? true : undefined));

    const master = await user(ours, { nick: "harbourmaster", password: "low-water" });
    const there = await user(theirs);
    await allFindAll([master, there]);
  });

  test("one name at two servers: who is second is refused at ours and at theirs", { timeout: TEST_MS }, async () => {
    const { theirs, ours } = await pair("ng", "we");
    const there = await user(theirs);
    const here = await user(ours);
    await allFindAll([there, here]);

    const atOurs = await NapsterLine.tryLogin(ours.endpoint, { nick: there.nick, from: place.address() });
    const atTheirs = await NapsterLine.tryLogin(theirs.endpoint, { nick: here.nick, from: place.address() });

    expect(atOurs.transcript).toBe(`0 ${there.nick} is already active`);
    expect(atTheirs.transcript).toBe(`0 ${here.nick} is already active`);
    expect([there.isClosed, here.isClosed]).toEqual([false, false]);
  });

  test("who moves from one server to the other keeps his name, and his old session ends", {
    timeout: TEST_MS,
  }, async () => {
    const { theirs, ours } = await pair("ng", "we");
    const from = place.address();
    const other = await user(ours);
    const there = await user(theirs, { nick: "mover", from });
    await allFindAll([there, other]);

    const here = await user(ours, { nick: "mover", from });
    await eventually("the old session has ended", HEAL_SECONDS, () => (there.isClosed ? true : undefined));
    expect(here.isClosed).toBe(false);

    const back = await user(theirs, { nick: "mover", from });
    await eventually("the old session has ended", HEAL_SECONDS, () => (here.isClosed ? true : undefined));
    expect(back.isClosed).toBe(false);
    await allFindAll([back, other]);
  });
});
