import { expect, test } from "vitest";
import { LoginTries } from "./login-tries.ts";

function triesAt(start: number) {
  let time = start;
  const tries = new LoginTries(
    () => ({ tries: 3, windowMs: 10_000 }),
    () => time,
  );
  const pass = (ms: number) => {
    time += ms;
  };
  return { tries, pass };
}

test("an address from outside is refused after its tries, twice as long each time, up to the window", () => {
  const { tries, pass } = triesAt(1000);
  const address = "192.168.1.5";
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    expect(tries.failed(address)).toBe(0);
    waits.push(tries.refusedFor(address));
  }
  expect(waits).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  pass(9999);
  expect(tries.refusedFor(address)).toBe(1);
  pass(1);
  expect(tries.refusedFor(address)).toBe(0);
});

test.each(["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])("this machine (%j) is slowed, never refused", (address) => {
  const { tries } = triesAt(1000);
  const holds = Array.from({ length: 12 }, () => tries.failed(address));
  expect(holds).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000]);
  expect(tries.refusedFor(address)).toBe(0);
});

test("a success and a quiet window both forgive", () => {
  const { tries, pass } = triesAt(1000);
  for (let i = 0; i < 3; i++) tries.failed("10.0.0.1");
  tries.succeeded("10.0.0.1");
  expect(tries.refusedFor("10.0.0.1")).toBe(0);

  for (let i = 0; i < 3; i++) tries.failed("10.0.0.1");
  pass(10_001);
  tries.failed("10.0.0.1");
  expect(tries.refusedFor("10.0.0.1")).toBe(0);
});

test("other addresses are not blamed", () => {
  const { tries } = triesAt(1000);
  for (let i = 0; i < 9; i++) tries.failed("10.0.0.1");
  expect(tries.refusedFor("10.0.0.2")).toBe(0);
});
