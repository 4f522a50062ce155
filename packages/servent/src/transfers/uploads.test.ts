import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { Uploads } from "./uploads.ts";

function uploadsOf(clock: ManualClock, bytesPerSecond = 0): Uploads {
  return new Uploads({ clock, activeUp: 1, perPeer: 1, bytesPerSecond, events: () => undefined });
}

/** Takes the only slot, and takes `bytes` once a second for two minutes. Was it ended when another was refused? */
function isEnded(bytes: number, bytesPerSecond = 0): boolean {
  const clock = new ManualClock();
  const uploads = uploadsOf(clock, bytesPerSecond);
  let ended = false;
  const slot = uploads.slot("slow", () => {
    ended = true;
  });
  for (let second = 0; second < 120; second++) {
    slot?.sent(bytes);
    clock.advance(1000);
  }
  expect(ended).toBe(false);
  expect(uploads.slot("other", () => undefined)).toBeUndefined();
  return ended;
}

test("who takes a byte at a time loses the slot as soon as another is refused", () => {
  expect(isEnded(1)).toBe(true);
  expect(isEnded(900)).toBe(false);
  expect(isEnded(2000)).toBe(false);
});

test("a slot is nobody's for longer than its last bytes pay for, however many they were", () => {
  const clock = new ManualClock();
  const uploads = uploadsOf(clock);
  let ended = 0;
  const slot = uploads.slot("greedy", () => ended++);
  slot?.sent(1e9);

  clock.advance(179_000);
  uploads.slot("other", () => undefined);
  expect(ended).toBe(0);
  clock.advance(1000);
  uploads.slot("other", () => undefined);
  expect(ended).toBe(1);
});

test("where our own limit leaves a slot little, its holder keeps it", () => {
  expect(isEnded(150, 200)).toBe(false);
  expect(isEnded(1, 200)).toBe(true);
});

test("a slot that was ended is free for another, and given back once only", () => {
  const uploads = uploadsOf(new ManualClock());
  const slot = uploads.slot("a", () => undefined);
  slot?.release();
  slot?.release();

  expect(uploads.slotsFree).toBe(1);
  expect(uploads.slot("b", () => undefined)).toBeDefined();
});
