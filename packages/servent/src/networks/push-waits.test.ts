import { expect, test } from "vitest";
import { PushWaits } from "./push-waits.ts";

test("a push that brings nobody ends in time, and so does one that is given up", async () => {
  const waits = new PushWaits<number>();

  await expect(waits.expect("anna", 10)).rejects.toMatchObject({ problem: "timeout" });
  const abort = new AbortController();
  const waiting = waits.expect("anna", 10_000, abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ problem: "peer_gone" });
  await expect(waits.expect("anna", 10_000, abort.signal)).rejects.toMatchObject({ problem: "peer_gone" });
  expect(waits.bring("anna", 1)).toBe(false);
});

test("what comes goes to whoever waits for it longest, and to nobody else", async () => {
  const waits = new PushWaits<number>();
  const [first, other, second] = ["anna", "berta", "anna"].map((key) => waits.expect(key, 10_000));

  expect([1, 2, 3].map((brought) => waits.bring("anna", brought))).toEqual([true, true, false]);
  expect(waits.bring("berta", 4)).toBe(true);

  expect(await Promise.all([first, second, other])).toEqual([1, 2, 4]);
});

test("only so many wait at once, and whoever leaves makes room", async () => {
  const waits = new PushWaits<number>();
  const waiting = Array.from({ length: 64 }, (_, i) => waits.expect(`peer ${i}`, 10_000));

  await expect(waits.expect("one more", 10_000)).rejects.toMatchObject({ problem: "remote_busy" });
  for (let i = 0; i < 64; i++) waits.bring(`peer ${i}`, i);
  expect(await Promise.all(waiting)).toHaveLength(64);
  const late = waits.expect("one more", 10_000);
  waits.bring("one more", 64);
  expect(await late).toBe(64);
});
