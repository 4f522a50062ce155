import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mutations } from "../mutate-fixture.ts";
import { readSizeAnswer } from "./size-answer.ts";

const vectors = new URL("../../../../../../test/vectors/napster/", import.meta.url);
/** Behind the greeting. */
const TEKNAP = readFileSync(new URL("teknap-get-answer-head.bin", vectors), "latin1").slice(1);

describe("the size that an owner sends in front of the file", () => {
  test("of TekNap ends where the MPEG frame begins", () => {
    expect(readSizeAnswer(TEKNAP, 375_750, 0, false)).toEqual({ at: "size", used: 6 });
    expect(TEKNAP.charCodeAt(6)).toBe(0xff);
  });

  test("is found in front of any file, also of one that begins with digits", () => {
    const size = fc.integer({ min: 1, max: 0xffff_ffff });
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.stringMatching(/^[0-9a-z]{0,9}$/),
        (total, part, file) => {
          const offset = Math.floor(part * (total - 1));
          const digits = String(total);
          for (let end = 0; end < digits.length; end++) {
            expect(readSizeAnswer(digits.slice(0, end), total, offset, false)).toEqual({ at: "more" });
          }
          expect(readSizeAnswer(digits + file, total, offset, false)).toEqual({ at: "size", used: digits.length });
        },
      ),
    );
  });

  test("may be what is left from the offset on, as some programs send it", () => {
    expect(readSizeAnswer("275750\xff", 375_750, 100_000, false)).toEqual({ at: "size", used: 6 });
    // A beginning of the whole size is waited for, unless nothing more comes.
    expect(readSizeAnswer("37", 3750, 3713, false)).toEqual({ at: "more" });
    expect(readSizeAnswer("37", 3750, 3713, true)).toEqual({ at: "size", used: 2 });
  });

  test("is none where the owner says no, or has another file", () => {
    const problemOf = (text: string, isEnded = false) => readSizeAnswer(text, 375_750, 0, isEnded);
    expect(problemOf("FILE NOT SHARED")).toEqual({ at: "no", problem: "not-shared" });
    expect(problemOf("FILE NOT FOUND")).toEqual({ at: "no", problem: "not-shared" });
    expect(problemOf("FILE NOT REQUESTED")).toEqual({ at: "no", problem: "not-announced" });
    expect(problemOf("0INVALID REQUEST")).toEqual({ at: "no", problem: "invalid" });
    expect(problemOf("FILE NO")).toEqual({ at: "more" });
    expect(problemOf("FILE NO", true)).toEqual({ at: "no", problem: "invalid" });
    expect(problemOf("375751\xff")).toEqual({ at: "no", problem: "other-size" });
    expect(problemOf("<html>")).toEqual({ at: "no", problem: "invalid" });
  });

  test("in a hundred thousand damaged answers is the right one or none", () => {
    for (const text of mutations([TEKNAP, "FILE NOT SHARED", "275750", "0INVALID REQUEST"], 100_000, 6)) {
      const answer = readSizeAnswer(text, 375_750, 100_000, false);
      if (answer.at === "size") expect(["375750", "275750"]).toContain(text.slice(0, answer.used));
      if (answer.at === "more") expect(text.length).toBeLessThan(20);
    }
  });
});
