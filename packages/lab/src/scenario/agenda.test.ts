import { expect, test } from "vitest";
import { RandomStream } from "../engine/random.ts";
import { Agenda } from "./agenda.ts";
import { UpPeers } from "./up-peers.ts";

test("an agenda is done in order of time, and of entry at the same time, also what comes to it meanwhile", () => {
  const agenda = new Agenda();
  const done: string[] = [];
  agenda.add(5, () => done.push("five"));
  agenda.add(3, () => {
    done.push("three");
    agenda.add(3, () => done.push("three, added later"));
    agenda.add(9, () => done.push("nine"));
  });
  agenda.add(5, () => done.push("five again"));
  agenda.add(Number.POSITIVE_INFINITY, () => done.push("never"));

  expect(agenda.next).toBe(3);
  agenda.act(5);
  expect(done).toEqual(["three", "three, added later", "five", "five again"]);
  expect(agenda.next).toBe(9);
  agenda.act(100);
  expect(agenda.next).toBe(Number.POSITIVE_INFINITY);
});

test("an agenda of thousands that renew themselves forgets what is done, and keeps its order", () => {
  const agenda = new Agenda();
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const act = (now: number) => (): void => {
      times.push(now);
      if (now < 5000) agenda.add(now + 3 + i, act(now + 3 + i));
    };
    agenda.add(i, act(i));
  }
  for (let now = 0; now <= 6000; now++) agenda.act(now);
  expect(times.length).toBeGreaterThan(5000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("who is up is known, listed in order, and drawn evenly", () => {
  const up = new UpPeers(10);
  for (const peer of [7, 2, 9, 4]) up.add(peer);
  up.add(7);
  up.remove(2);
  up.remove(3);
  expect(up.all()).toEqual([4, 7, 9]);
  expect([up.size, up.has(7), up.has(2)]).toEqual([3, true, false]);

  const random = new RandomStream("1", "draws");
  const counts = new Map<number, number>();
  for (let i = 0; i < 3000; i++) {
    const peer = up.draw(random);
    counts.set(peer, (counts.get(peer) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([4, 7, 9]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
});
