import { describe, expect, test } from "vitest";
import type { Beat } from "@servent/overlay/protocols/napster/mesh/messages.ts";
import { BusPresence } from "./bus-presence.ts";

function presence(id = "bb") {
  const told: string[] = [];
  const subject = new BusPresence(
    { id, name: "self", beatMs: 100, silenceMs: 600 },
    {
      onUp: (name) => told.push(`+${name}`),
      onDown: (name) => told.push(`-${name}`),
      onNameTaken: () => told.push("name taken"),
    },
  );
  return { subject, told };
}

const beat = (origin: string, name: string, number: number, isLast = false): Beat => ({
  kind: "beat",
  origin,
  name,
  address: undefined,
  number,
  isLast,
  path: [],
});

describe("a newcomer on the bus", () => {
  test("listens for two heartbeats before it says anything, and is there then", () => {
    const { subject } = presence();
    expect(subject.nextBeat(false, 0)).toBeUndefined();
    subject.onConnected(1000);
    expect(subject.nextBeat(false, 1199)).toBeUndefined();
    expect(subject.nextBeat(false, 1200)).toMatchObject({ name: "self", number: 1 });
  });

  test("whose name another server has, whatever its id, is not there until that is silent or gone", () => {
    for (const rival of ["aa", "cc"]) {
      const { subject, told } = presence();
      subject.onConnected(0);
      subject.onBeat(beat("dd", "other", 1), 100);
      subject.onBeat(beat(rival, "Self", 1), 100);
      subject.onBeat(beat(rival, "Self", 2), 200);
      expect(told).toEqual(["+other", "name taken"]);
      expect([subject.isThere(799), subject.all(799).length]).toEqual([false, 0]);
      expect([subject.isThere(800), subject.all(800).length]).toEqual([true, 1]);
    }
    const { subject } = presence();
    subject.onConnected(0);
    subject.onBeat(beat("aa", "self", 1), 100);
    subject.onBeat(beat("aa", "self", 2, true), 250);
    expect(subject.isThere(250)).toBe(true);
  });
});

test("of two that are there under one name, as when a bus was in halves, the smaller id stays", () => {
  for (const [own, rival, stays] of [
    ["bb", "cc", true],
    ["bb", "aa", false],
  ] as const) {
    const { subject } = presence(own);
    subject.onConnected(0);
    subject.onBeat(beat(rival, "self", 1), 5000);
    expect(subject.isThere(5001)).toBe(stays);
  }
});

describe("another server", () => {
  test("is down when it says so, when it is silent, and soon where the bus was gone", () => {
    const { subject, told } = presence();
    subject.onConnected(0);
    for (const [id, name] of [
      ["01", "a"],
      ["02", "b"],
      ["03", "c"],
    ] as const) {
      subject.onBeat(beat(id, name, 1), 0);
    }
    subject.onBeat(beat("01", "a", 2, true), 100);
    subject.onBeat(beat("03", "c", 2), 300);
    subject.sweep(600);
    expect(told.slice(3)).toEqual(["-a", "-b"]);
    subject.onDisconnected(400);
    subject.sweep(700);
    expect(told.slice(5)).toEqual(["-c"]);
  });

  test("is not down for a silence in which we stood still", () => {
    const { subject, told } = presence();
    subject.onBeat(beat("01", "a", 1), 0);
    subject.excuse(5000);
    subject.sweep(5500);
    expect(told).toEqual(["+a"]);
  });
});
