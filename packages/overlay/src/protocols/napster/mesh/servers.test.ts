import { describe, expect, test } from "vitest";
import type { Beat } from "./messages.ts";
import { Servers } from "./servers.ts";

const SILENCE_MS = 3000;
const DOUBT_MS = 1500;

function beat(number: number, passed = 0, changes: Partial<Beat> = {}): Beat {
  const path = Array.from({ length: passed }, (_, i) => `p${i}`);
  return { kind: "beat", origin: "a", name: "north", address: 5, number, isLast: false, path, ...changes };
}

const servers = (): Servers => new Servers({ id: "self", name: "self" }, SILENCE_MS, DOUBT_MS);

describe("the way to a server", () => {
  test("is the one that passes the fewest others", () => {
    const known = servers();
    known.onBeat(beat(1, 2), 7, 0);
    known.onBeat(beat(1, 0), 8, 0);
    known.onBeat(beat(1, 1), 9, 0);
    expect(known.wayTo("a", undefined)).toBe(8);
    expect(known.wayTo("a", 8)).toBe(9);
    known.loseLink(8, "a", 0);
    expect(known.wayTo("a", undefined)).toBe(9);
  });

  test("is no longer one by which three heartbeats are missing, while there is another", () => {
    const known = servers();
    known.onBeat(beat(1, 0), 8, 0);
    for (let number = 1; number <= 3; number++) known.onBeat(beat(number, 1), 9, 0);
    expect(known.wayTo("a", undefined)).toBe(8);
    known.onBeat(beat(4, 1), 9, 0);
    expect(known.wayTo("a", undefined)).toBe(9);
    expect(known.wayTo("a", 9)).toBe(8);
  });

  test("is none to a server that nobody knows", () => {
    expect(servers().wayTo("a", undefined)).toBeUndefined();
  });
});

describe("a server", () => {
  test("is down after its silence, or sooner where a link to it broke; and a late heartbeat does not bring it back", () => {
    const known = servers();
    known.onBeat(beat(5), 8, 0);
    known.onBeat(beat(5, 1), 9, 0);
    expect(known.expire(SILENCE_MS - 1)).toEqual([]);
    known.loseLink(8, "a", 1000);
    expect(known.expire(1000 + DOUBT_MS).map(({ name }) => name)).toEqual(["north"]);
    expect(known.onBeat(beat(5, 1), 9, 2600)).toEqual({ as: "stale" });
    expect(known.onBeat(beat(6, 1), 9, 2600)).toMatchObject({ as: "news", up: { name: "north" } });
  });

  test("that said goodbye stays away whatever comes late", () => {
    const known = servers();
    known.onBeat(beat(5), 8, 0);
    expect(known.onBeat(beat(6, 0, { isLast: true }), 8, 1)).toMatchObject({ as: "news", down: [{ name: "north" }] });
    expect(known.onBeat(beat(7, 1), 9, 2)).toEqual({ as: "stale" });
    expect(known.count).toBe(0);
  });

  test("keeps its name against one of another address, and gives it to one of its own: it has started again", () => {
    const known = servers();
    known.onBeat(beat(5), 8, 0);
    expect(known.onBeat(beat(1, 0, { origin: "b", name: "NORTH", address: 6 }), 9, 0)).toEqual({ as: "taken" });
    expect(known.onBeat(beat(1, 0, { origin: "c", address: undefined }), 9, 0)).toEqual({ as: "taken" });
    expect(known.onBeat(beat(1, 0, { origin: "d" }), 9, 0)).toMatchObject({ down: [{ id: "a" }], up: { id: "d" } });
    expect(known.onBeat(beat(6, 1), 9, 0)).toEqual({ as: "stale" });
  });
});
