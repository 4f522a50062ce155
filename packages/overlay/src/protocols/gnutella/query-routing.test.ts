import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PatchMemory } from "./memory.ts";
import type { TablePatch, TableReset } from "./messages.ts";
import { QueryRoutingTable, slotOf, TableReceiver, tableMessages } from "./query-routing.ts";
import type { Zlib } from "./zlib.ts";

const specification = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/gnutella/specification.json", import.meta.url), "utf8"),
);
const zlib: Zlib = {
  deflate: (plain) => deflateSync(plain),
  inflate: (deflated, most) => {
    try {
      return inflateSync(deflated, { maxOutputLength: most });
    } catch {
      return undefined;
    }
  },
};
const header = { id: "00".repeat(16), ttl: 1, hops: 0 };

function tableOf(words: readonly string[], bits = 16): QueryRoutingTable {
  const table = new QueryRoutingTable(bits);
  for (const word of words) table.addWord(word);
  return table;
}

/** What a receiver holds after these messages; the first problem, if any. */
function receive(receiver: TableReceiver, messages: ReturnType<typeof tableMessages>): string | undefined {
  for (const message of messages) {
    const problem =
      message.kind === "table-reset"
        ? receiver.onReset({ ...message, header })
        : receiver.onPatch({ ...message, header }, zlib);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

describe("the hash", () => {
  test("gives the slots of the specification", () => {
    for (const { bits, slots } of specification.qrpHash) {
      for (const [word, slot] of Object.entries(slots)) expect(slotOf(word, bits)).toBe(slot);
    }
  });
});

describe("a table", () => {
  test("routes queries of which it may hold every word, and words cut at their end", () => {
    const table = tableOf(["trains", "blue"]);
    expect(table.mayMatch(["blue", "trains"], [])).toBe(true);
    expect(table.mayMatch(["train"], [])).toBe(true);
    expect(table.mayMatch(["blue", "bicycle"], [])).toBe(false);
    expect(table.mayMatch([], [])).toBe(false);
  });

  test("ignores words too short to tell, unless there are no others", () => {
    const table = tableOf(["blue", "a"]);
    expect(table.mayMatch(["blue", "of"], [])).toBe(true);
    expect(table.mayMatch(["of"], [])).toBe(false);
    expect(table.mayMatch(["a"], [])).toBe(true);
  });

  test("knows URNs in either case", () => {
    const table = new QueryRoutingTable(16);
    table.addUrn("urn:sha1:ABC");
    expect(table.mayMatch([], ["urn:sha1:ABC"])).toBe(true);
    expect(table.mayMatch([], ["urn:sha1:abc"])).toBe(true);
    expect(table.mayMatch([], ["urn:sha1:ABD"])).toBe(false);
  });

  test("takes in tables of other sizes", () => {
    for (const bits of [10, 16, 18]) {
      const all = new QueryRoutingTable(16);
      all.addTable(tableOf(["blue"], bits));
      expect(all.mayMatch(["blue"], [])).toBe(true);
    }
  });
});

describe("a sealed table", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { maxLength: 80 });

  test("says the same as before, whether it is held as a map or as a list", () => {
    fc.assert(
      fc.property(words, words, fc.constantFrom(10, 12, 16), fc.constantFrom(9, 12, 17), (held, asked, bits, other) => {
        const [open, sealed] = [tableOf(held, bits), tableOf(held, bits).seal()];
        for (let slot = 0; slot < open.slots; slot++) if (sealed.has(slot) !== open.has(slot)) return false;
        for (const word of asked) expect(sealed.mayMatch([word], [])).toBe(open.mayMatch([word], []));
        const [fromOpen, fromSealed] = [new QueryRoutingTable(other), new QueryRoutingTable(other)];
        fromOpen.addTable(open);
        fromSealed.addTable(sealed);
        return fromOpen.equals(fromSealed) && sealed.equals(open) && open.equals(sealed);
      }),
      { numRuns: 100 },
    );
  });

  test("stays as it is when a copy of it changes", () => {
    const sealed = tableOf(["blue"]).seal();
    const copy = sealed.copy();
    copy.addWord("train");
    copy.set(slotOf("blue", 16), false);
    expect(sealed.equals(tableOf(["blue"]))).toBe(true);
    expect(copy.mayMatch(["blue"], [])).toBe(false);
  });

  test("of slots that all lie at one end is searched as rightly", () => {
    for (const first of [0, 65_536 - 1000]) {
      const table = new QueryRoutingTable(16);
      for (let slot = first; slot < first + 1000; slot += 3) table.addSlot(slot);
      const sealed = table.copy().seal();
      for (let slot = 0; slot < sealed.slots; slot++) if (sealed.has(slot) !== table.has(slot)) expect(slot).toBe(-1);
    }
  });

  test("is empty when nothing is in it, and the others are not", () => {
    expect(tableOf([]).seal().isEmpty).toBe(true);
    expect(tableOf(["blue"]).seal().isEmpty).toBe(false);
  });
});

describe("sending a table", () => {
  test("from nothing and from any table before, the receiver ends with the same one", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{3,9}$/), { maxLength: 60 });
    fc.assert(
      fc.property(words, words, fc.boolean(), (before, after, compressed) => {
        const compression = compressed ? zlib : undefined;
        const [old, next] = [tableOf(before, 10), tableOf(after, 10)];
        const receiver = new TableReceiver();
        expect(receive(receiver, tableMessages(undefined, old, compression))).toBeUndefined();
        expect(receiver.table?.equals(old)).toBe(true);
        expect(receive(receiver, tableMessages(old, next, compression))).toBeUndefined();
        return receiver.table?.equals(next) === true;
      }),
      { numRuns: 200 },
    );
  });

  test("a receiver that was told what the patch makes holds that very table", () => {
    const noted = new Map<Uint8Array, { base: QueryRoutingTable; table: QueryRoutingTable }>();
    const patches: PatchMemory = {
      note: (patch, base, table) => noted.set(patch, { base, table }),
      result: (patch, base) => (noted.get(patch)?.base === base ? noted.get(patch)?.table : undefined),
    };
    const [old, next] = [tableOf(["blue"]).seal(), tableOf(["blue", "train"]).seal()];
    const receiver = new TableReceiver();
    const told = [...tableMessages(undefined, old, zlib, patches), ...tableMessages(old, next, zlib, patches)];
    for (const message of told) {
      if (message.kind === "table-reset") receiver.onReset({ ...message, header });
      else expect(receiver.onPatch({ ...message, header }, zlib, patches)).toBeUndefined();
    }
    expect(receiver.table).toBe(next);
    // The same patch on another table is worked out.
    const stranger = new TableReceiver();
    expect(receive(stranger, tableMessages(undefined, tableOf(["bicycle"]), zlib))).toBeUndefined();
    stranger.onPatch({ ...(told.at(-1) as TablePatch), header }, zlib, patches);
    expect(stranger.table?.mayMatch(["bicycle", "train"], [])).toBe(true);
    expect(stranger.table?.mayMatch(["blue"], [])).toBe(false);
  });

  test("a change after the first table needs no reset", () => {
    const kinds = tableMessages(tableOf(["a"]), tableOf(["b"]), zlib).map(({ kind }) => kind);
    expect(kinds).toEqual(["table-patch"]);
  });
});

describe("hostile tables", () => {
  const reset = (slots: number, infinity = 7): TableReset => ({ kind: "table-reset", header, slots, infinity });
  const patch = (changes: Partial<TablePatch>): TablePatch => ({
    kind: "table-patch",
    header,
    sequence: 1,
    total: 1,
    compressor: 0,
    entryBits: 4,
    data: new Uint8Array(8),
    ...changes,
  });

  test("sizes that are no power of two, too large or too small are refused", () => {
    for (const slots of [0, 1, 4, 1000, 2 ** 21, 2 ** 31])
      expect(new TableReceiver().onReset(reset(slots))).toBeDefined();
    expect(new TableReceiver().onReset(reset(16, 0))).toBeDefined();
  });

  test("patches before a reset, out of order, of odd entries or wrong length are refused", () => {
    expect(new TableReceiver().onPatch(patch({}))).toBe("PATCH before RESET");
    for (const changes of [
      { sequence: 2, total: 2 },
      { total: 0, sequence: 1 },
      { entryBits: 3 },
      { compressor: 2 },
      { data: new Uint8Array(9) },
      { data: new Uint8Array(7) },
      { data: new Uint8Array(40_000) },
      { compressor: 1, data: new Uint8Array(8) },
      { compressor: 1, data: deflateSync(new Uint8Array(50_000_000)) },
    ]) {
      const receiver = new TableReceiver();
      receiver.onReset(reset(16));
      expect(receiver.onPatch(patch(changes), zlib)).toBeDefined();
      expect(receiver.table).toBeUndefined();
    }
  });

  test("100,000 random patches give a table or a problem", () => {
    const receiver = new TableReceiver();
    receiver.onReset(reset(64));
    const any = fc.record({
      sequence: fc.nat(3),
      total: fc.nat(3),
      compressor: fc.nat(2),
      entryBits: fc.constantFrom(0, 1, 2, 4, 8, 16),
      data: fc.uint8Array({ maxLength: 70 }),
    });
    fc.assert(
      fc.property(any, (changes) => {
        const problem = receiver.onPatch(patch(changes), zlib);
        return problem === undefined || problem.length > 0;
      }),
      { numRuns: 100_000 },
    );
  });
});
