// Passwords as they are kept, and how many may wait.
import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { PasswordHasher, TooBusy } from "./password-hash.ts";

test("a password matches its own hash and no other, and two hashes of one password differ", async () => {
  const hasher = new PasswordHasher();
  const [one, two] = await Promise.all([hasher.hash("blue tide"), hasher.hash("blue tide")]);
  expect(one).not.toBe(two);
  expect(one).not.toContain("blue");
  expect(await hasher.matches("blue tide", one)).toBe(true);
  expect(await hasher.matches("Blue tide", one)).toBe(false);
  expect(await hasher.matches("blue tide", "1,salt,md5")).toBe(false);
  expect(await hasher.matches("blue tide", "")).toBe(false);
});

test("a bounded number waits; who comes beyond it is told at once", async () => {
  const hasher = new PasswordHasher();
  const most = LIMITS.hashingMax + LIMITS.hashesWaitingMax;
  // Cheap parameters: it is the queue that is looked at.
  const cheap = "scrypt$16$1$1$c2FsdA$aGFzaA";
  const all = Array.from({ length: most + 3 }, () => hasher.matches("x", cheap));
  const results = await Promise.allSettled(all);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(most);
  for (const late of results.slice(most))
    expect(late).toMatchObject({ status: "rejected", reason: expect.any(TooBusy) });
  expect(await hasher.matches("x", cheap)).toBe(false);
});
