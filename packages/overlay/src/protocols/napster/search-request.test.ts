import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MESSAGE } from "./messages.ts";
import { mutations } from "./mutate-fixture.ts";
import { formatSearchRequest, parseSearchRequest, requestFor, type SearchRequest } from "./search-request.ts";
import { MEDIA_TYPES } from "./shared-file.ts";

describe("what a client asks of an index server", () => {
  test("the request of TekNap is words and a bound", () => {
    expect(parseSearchRequest('FILENAME CONTAINS "first song" MAX_RESULTS 100 ')).toEqual({
      ok: true,
      value: requestFor("first song", 100),
    });
  });

  test("clauses may come in any order and case, and bounds of one measure narrow each other", () => {
    const request = 'max_results 5 bitrate "at least" "128" Filename Contains "a" BITRATE "AT BEST" 192 type ANY LOCAL';
    expect(parseSearchRequest(request)).toMatchObject({
      ok: true,
      value: { contains: ["a"], resultsMax: 5, bitrate: { least: 128, most: 192 }, media: "any", isLocal: true },
    });
  });

  test("the requests of the transcript are taken and refused as opennap-ng did", () => {
    const vectors = new URL("../../../../../test/vectors/napster/", import.meta.url);
    const bytes = readFileSync(new URL("opennap-ng-searcher.client.bin", vectors));
    const refused: string[] = [];
    let taken = 0;
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + bytes.readUInt16LE(at);
      const text = bytes.subarray(at + 4, end).toString("latin1");
      if (bytes.readUInt16LE(at + 2) === MESSAGE.search) {
        if (parseSearchRequest(text).ok) taken++;
        else refused.push(text);
      }
      at = end;
    }
    expect(refused).toEqual([
      'FILENAME CONTAINS "song" WMA-FILE',
      'FILENAME CONTAINS "a "quoted" string" MAX_RESULTS 100',
      'FILENAME CONTAINS "song" MAX_RESULTS abc',
    ]);
    expect(taken).toBe(16);
  });

  test("names of what every object has are no clauses", () => {
    for (const word of ["constructor", "__proto__", "toString"]) {
      expect(parseSearchRequest(`FILENAME CONTAINS "a" ${word} "AT LEAST" 1`)).toMatchObject({ ok: false });
    }
  });

  test("every request that we write is read back", () => {
    const text = fc.stringMatching(/^[ !#-~\xa0-\xff]{1,40}$/);
    const number = fc.integer({ min: 1, max: 0xffff_fffe });
    const range = fc.option(
      fc.tuple(number, number).map(([a, b]) => ({ least: Math.min(a, b), most: Math.max(a, b) })),
      { nil: undefined },
    );
    const request: fc.Arbitrary<SearchRequest> = fc.record({
      contains: fc.array(text, { maxLength: 3 }),
      excludes: fc.array(text, { maxLength: 3 }),
      resultsMax: fc.integer({ min: 0, max: 1000 }),
      isLocal: fc.boolean(),
      media: fc.constantFrom(...MEDIA_TYPES, "any" as const),
      linkSpeed: range,
      bitrate: range,
      frequency: range,
      size: range,
      seconds: range,
    });
    fc.assert(
      fc.property(request, (asked) => {
        expect(parseSearchRequest(formatSearchRequest(asked))).toEqual({ ok: true, value: asked });
      }),
    );
  });

  test("a hundred thousand damaged requests give a request within its bounds, or a problem", () => {
    const samples = [
      'FILENAME CONTAINS "first song" MAX_RESULTS 100',
      'FILENAME CONTAINS "a" FILENAME EXCLUDES "b" BITRATE "AT LEAST" 128 SIZE "AT BEST" 5 TYPE video LOCAL_ONLY',
    ];
    for (const damaged of mutations(samples, 100_000, 4)) {
      const parsed = parseSearchRequest(damaged);
      if (!parsed.ok) continue;
      expect(parsed.value.contains.length + parsed.value.excludes.length).toBeLessThanOrEqual(32);
      expect(parsed.value.resultsMax).toBeLessThanOrEqual(0xffff_ffff);
    }
  });
});
