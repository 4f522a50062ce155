import { expect, test } from "vitest";
import { ServentError } from "../base/servent-error.ts";
import { planMemory } from "./memory-plan.ts";

const need = { peers: 1_000_000, bytesPerPeer: 1000, fixedBytes: 30e6 };

test("as many processes as fit run at the same time", () => {
  expect(planMemory([need], 8, { maxBytes: 5e9, freeBytes: 20e9 }).processes).toBe(4);
  expect(planMemory([need], 2, { maxBytes: 5e9, freeBytes: 20e9 }).processes).toBe(2);
});

test("the point that needs most decides", () => {
  const small = { ...need, peers: 1000 };
  expect(planMemory([small, need, small], 8, { maxBytes: 2e9, freeBytes: 20e9 }).processes).toBe(1);
});

test.each([
  [{ maxBytes: 600e6, freeBytes: 20e9 }, "1 000 000 peers need about 1 100 MB, and lab.maxMemory allows 600 MB."],
  [{ maxBytes: 2e9, freeBytes: 600e6 }, "1 000 000 peers need about 1 100 MB, and the machine has 600 MB left."],
])("what does not fit is refused, with the number of peers that would", (limits, message) => {
  let refusal: unknown;
  try {
    planMemory([need], 1, limits);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(ServentError);
  expect(refusal).toMatchObject({ code: "out_of_memory", message });
  expect((refusal as ServentError).hint).toContain("500 000 peers would fit.");
});

test("where nothing fits it says so", () => {
  expect(() => planMemory([need], 1, { maxBytes: 50e6, freeBytes: 1e9 })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("Not even one peer would fit.") }),
  );
});
