import { createHash } from "node:crypto";
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import type { Record } from "@servent/overlay/protocols/chord/messages.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SearchQuery } from "../network.ts";
import { encodeFileRecord } from "./file-record.ts";
import { KeySearch } from "./key-search.ts";
import { Meter } from "./meter.ts";
import { ScriptedRing } from "./ring-fixture.ts";
import { CODEC } from "./ring-member.ts";

const SHA1 = createHash("sha1").update("tide").digest();
const OTHER = createHash("sha1").update("moon").digest();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const record = (name: string, sha1 = SHA1, provider = 99): Record => ({
  provider,
  value: encodeFileRecord({ name, size: 1, sha1, tigerRoot: undefined, firewalled: false }),
});

/** Every holder answers with these, a page of four at a time. */
function ringWith(...records: Record[]): ScriptedRing {
  const ring = new ScriptedRing();
  ring.answer = (_holder, skip) => ({ total: records.length, records: records.slice(skip, skip + 4) });
  return ring;
}

function search(ring: ScriptedRing | undefined, query: SearchQuery) {
  const found: string[] = [];
  const made = new KeySearch(query, {
    member: () => ring,
    meter: new Meter(CODEC),
    onRecord: ({ name }, provider) => found.push(`${name} at ${provider}`),
  });
  const ended = made.run();
  return { search: made, found, ended };
}

test("each file of each provider is told once, however many holders and pages name it", async () => {
  const ring = ringWith(
    record("tide one"),
    record("tide two", OTHER),
    record("tide one", SHA1, 98),
    record("tide one"),
  );
  const { found, ended } = search(ring, { words: "tide" });
  await ended;
  expect(found.toSorted()).toEqual(["tide one at 98", "tide one at 99", "tide two at 99"]);
});

test("what does not fit the question is no answer, whatever lies under the key", async () => {
  const junk: Record = { provider: 99, value: new Uint8Array([1, 2, 3]) };
  const ring = ringWith(junk, record("moon"), record("tide", OTHER), record("high tide at night"));
  const words = search(ring, { words: "night tide" });
  await words.ended;
  expect(words.found).toEqual(["high tide at night at 99"]);
  const hash = search(ring, { words: "", urn: sha1Urn(OTHER) });
  await hash.ended;
  expect(hash.found).toEqual(["moon at 99", "tide at 99"].filter((each) => each.startsWith("tide")));
});

test("a holder that claims to have records without end is left after its pages", async () => {
  const ring = new ScriptedRing();
  ring.answer = () => ({ total: 2 ** 32 - 1, records: [record("tide")] });
  const { ended } = search(ring, { words: "", urn: sha1Urn(SHA1) });
  await ended;
  expect(ring.asked.filter((each) => each.startsWith("fetch"))).toHaveLength(3 * 64);
});

test("where the three holders have nothing, those behind them are asked; and all of it again, a few times", async () => {
  const ring = new ScriptedRing();
  ring.answer = (holder) => (holder === 5 ? { total: 1, records: [record("tide")] } : { total: 0, records: [] });
  const { found, ended } = search(ring, { words: "", urn: sha1Urn(SHA1) });
  await ended;
  expect(found).toEqual(["tide at 99"]);
  expect(ring.asked).toEqual(["lookup", "fetch 1", "fetch 2", "fetch 3", "fetch 4", "fetch 5"]);

  const nothing = ringWith();
  const in_vain = search(nothing, { words: "", urn: sha1Urn(SHA1) });
  await vi.advanceTimersByTimeAsync(60_000);
  await in_vain.ended;
  expect(nothing.asked.filter((each) => each === "lookup")).toHaveLength(3);
});

test("a search that is stopped asks no more; one that waits for a ring gives up", async () => {
  const nothing = ringWith();
  const { search: stopped, ended } = search(nothing, { words: "tide" });
  await vi.advanceTimersByTimeAsync(100);
  const before = nothing.asked.length;
  stopped.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  await ended;
  expect(nothing.asked.length).toBe(before);

  const lonely = search(undefined, { words: "tide" });
  await vi.advanceTimersByTimeAsync(31_000);
  await lonely.ended;
  expect(lonely.found).toEqual([]);
});
