// TekNap, a client of 2001, at our index server: alone, and with our server linked to one of its own time.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { OurServer } from "./opennap-ours.ts";
import { openNapProblem, Place } from "./opennap-place.ts";
import { OldServer } from "./opennap-server.ts";
import { soundOf, TekNap } from "./opennap-teknap.ts";

const programs = process.env.SERVENT_OPENNAP ?? "";
const problem = openNapProblem(process.env.SERVENT_OPENNAP);
const suite = problem === undefined ? "with TekNap" : `with TekNap (skipped: ${problem})`;

const TEST_MS = 120_000;
const FETCH_SECONDS = 30;

const FIRST = "Test Band - First Song.mp3";
const SECOND = "Test Band - Second Song.mp3";

describe.skipIf(problem !== undefined)(suite, () => {
  const song = soundOf(900, 1);
  let place: Place;
  let music: string;

  beforeAll(() => {
    place = new Place();
    music = path.join(place.folder, "music");
    mkdirSync(music);
    writeFileSync(path.join(music, FIRST), song);
    writeFileSync(path.join(music, SECOND), soundOf(300, 2));
  });

  afterAll(async () => place.close(), TEST_MS);

  /** Everything that two people with TekNap do with each other. */
  async function meet(one: string, other: string): Promise<void> {
    const suffix = place.address().split(".").at(-1) ?? "";
    const alice = await TekNap.start(place, programs, { nick: `alice${suffix}`, server: one, dataPort: 6701 });
    const bob = await TekNap.start(place, programs, { nick: `bob${suffix}`, server: other, dataPort: 6702 });

    alice.type(`/share ${music}`);
    await alice.sees(/Found 2 files in/);
    alice.type("/share -share");
    await alice.sees(/Sharing 2 files/);

    await bob.asksUntil("/search first song", /\b1 MP3's returned/);
    bob.type("/search");
    await bob.sees(/First Song/);
    bob.type("/get 1");
    const file = path.join(bob.downloads, FIRST);
    await eventually("the song has arrived", FETCH_SECONDS, () =>
      statSync(file, { throwIfNoEntry: false })?.size === song.length ? true : undefined,
    );
    expect(readFileSync(file)).toEqual(song);

    bob.type(`/browse -direct ${alice.nick}`);
    await bob.sees(/2 MP3's returned/);
    bob.type(`/browse ${alice.nick}`);
    await bob.sees(/Second Song/);
    bob.type(`/whois ${alice.nick}`);
    await bob.sees(/TekNap-1\.3g/);
    bob.type(`/msg ${alice.nick} hello from the other side`);
    await alice.sees(/hello from the other side/);
    await bob.stop();
    await alice.stop();
  }

  test("two of it at our server log in, share, search, fetch, browse, ask who is who, and talk", {
    timeout: TEST_MS,
  }, async () => {
    const ours = await OurServer.start(place, place.address());
    await meet(ours.endpoint, ours.endpoint);
  });

  test("one at our server and one at opennap-ng, linked, do the same in both directions", {
    timeout: TEST_MS,
  }, async () => {
    const [a, b] = [place.address(), place.address()];
    const theirs = await OldServer.start(place, "ng", programs, { address: a, peers: [b] });
    const ours = await OurServer.start(place, b, { dials: [a] });
    await ours.linkedWith(a);

    await meet(ours.endpoint, theirs.endpoint);
    await meet(theirs.endpoint, ours.endpoint);
  });
});
