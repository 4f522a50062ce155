import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endpointOf, parseEndpoint } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";
import { LIMITS } from "./limits.ts";
import type { Record } from "./messages.ts";
import { RecordStore } from "./record-store.ts";

const alice = parseEndpoint("10.0.0.1:1000") as Address;
const bob = parseEndpoint("10.0.0.2:1000") as Address;
const record = (provider: Address, value: number): Record => ({ provider, value: Uint8Array.of(value, value >> 8) });
/** A host for each number. */
const host = (number: number): Address => endpointOf(0x0a000000 + number, 1000);
const all = LIMITS.recordsMax;

/** Records of one host under keys of its own, `count` of them. */
function flood(store: RecordStore<number>, from: Address, count: number, seconds: number, now: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) if (store.put(from * 2000 + i, from, record(from, i), seconds, now) > 0) kept++;
  return kept;
}

describe("a record", () => {
  test("is kept for as long as was granted, and not a millisecond more", () => {
    const store = new RecordStore<number>();

    expect(store.put(7, alice, record(alice, 1), 60, 1000)).toBe(60);

    expect(store.fetch(7, 0, 16, 60_999)).toEqual({ total: 1, records: [record(alice, 1)] });
    expect(store.fetch(7, 0, 16, 61_000)).toEqual({ total: 0, records: [] });
    expect(store.fetch(8, 0, 16, 1000)).toEqual({ total: 0, records: [] });
  });

  test("is granted an hour at the most", () => {
    const store = new RecordStore<number>();
    expect(store.put(7, alice, record(alice, 1), 0xffff_ffff, 0)).toBe(3600);
    expect(store.fetch(7, 0, 16, 3_600_000).total).toBe(0);
  });

  test("that comes again lives longer and is no second one", () => {
    const store = new RecordStore<number>();
    store.put(7, alice, record(alice, 1), 60, 0);

    store.put(7, alice, record(alice, 1), 60, 50_000);

    expect(store.size).toBe(1);
    expect(store.fetch(7, 0, 16, 100_000).total).toBe(1);
    expect(store.sweep(60_000)).toBe(1);
    expect(store.sweep(110_000)).toBe(0);
  });

  test("is another where key, provider or value is another", () => {
    const store = new RecordStore<number>();
    store.put(7, alice, record(alice, 1), 60, 0);
    store.put(7, alice, record(alice, 2), 60, 0);
    store.put(8, alice, record(alice, 1), 60, 0);
    store.put(7, alice, record(alice + 1, 1), 60, 0);
    expect(store.size).toBe(4);
    expect(store.fetch(7, 0, 16, 0).total).toBe(3);
  });

  test("is taken back by the host that stored it and by nobody else", () => {
    const store = new RecordStore<number>();
    store.put(7, alice, record(alice, 1), 60, 0);

    expect(store.remove(7, bob, record(alice, 1))).toBe(false);
    expect(store.remove(7, alice, record(alice, 2))).toBe(false);
    expect(store.remove(8, alice, record(alice, 1))).toBe(false);
    expect(store.size).toBe(1);
    expect(store.remove(7, alice + 5, record(alice, 1))).toBe(true);
    expect(store.size).toBe(0);
    expect(store.fetch(7, 0, 16, 0).total).toBe(0);
  });

  test("of no life or too many bytes is a mistake of the node", () => {
    const store = new RecordStore<number>();
    expect(() => store.put(7, alice, record(alice, 1), 0, 0)).toThrow("assertion failed");
    const long = { provider: alice, value: new Uint8Array(401) };
    expect(() => store.put(7, alice, long, 60, 0)).toThrow("assertion failed");
  });
});

describe("an answer", () => {
  test("goes on where the last one ended, in the order in which the records came", () => {
    const store = new RecordStore<number>();
    for (let i = 0; i < 40; i++) store.put(7, alice, record(alice, i), 60, 0);
    const page = (skip: number) => store.fetch(7, skip, 16, 0);

    expect(page(0).records).toEqual(Array.from({ length: 16 }, (_, i) => record(alice, i)));
    expect(page(16).records).toEqual(Array.from({ length: 16 }, (_, i) => record(alice, 16 + i)));
    expect(page(32).records).toEqual(Array.from({ length: 8 }, (_, i) => record(alice, 32 + i)));
    expect(page(40).records).toEqual([]);
    expect([page(0).total, page(0xffff_ffff).total]).toEqual([40, 40]);
  });

  test("counts and names the living only, swept or not", () => {
    const store = new RecordStore<number>();
    for (let i = 0; i < 10; i++) store.put(7, alice, record(alice, i), 10 * (i + 1), 0);

    expect(store.fetch(7, 1, 16, 75_000)).toEqual({ total: 3, records: [record(alice, 8), record(alice, 9)] });
    expect(store.sweep(75_000)).toBe(3);
    expect(store.fetch(7, 1, 16, 75_000)).toEqual({ total: 3, records: [record(alice, 8), record(alice, 9)] });
  });
});

describe("bounds", () => {
  test("one host fills its part and no more, whatever its port", () => {
    const store = new RecordStore<number>();
    expect(flood(store, alice, 2000, 60, 0)).toBe(LIMITS.recordsPerHostMax);
    expect(store.put(1, alice + 7, record(alice, 9999), 60, 0)).toBe(0);
    expect(store.put(1, bob, record(bob, 1), 60, 0)).toBe(60);
  });

  test("in the lab every address has a part of its own, beyond 65,536 peers too", () => {
    const store = new RecordStore<number>();
    for (const address of [65_536, 65_537]) expect(flood(store, address, 2000, 60, 0)).toBe(LIMITS.recordsPerHostMax);
  });

  test("one host cannot fill a key", () => {
    const store = new RecordStore<number>();
    const storeOnKey = (from: Address): number => {
      let kept = 0;
      for (let i = 0; i < 1000; i++) if (store.put(7, from, record(from, i), 60, 0) > 0) kept++;
      return kept;
    };

    expect(storeOnKey(host(1))).toBe(64);
    expect([2, 3, 4].map((number) => storeOnKey(host(number)))).toEqual([64, 64, 64]);

    expect(store.put(7, host(5), record(host(5), 1), 60, 0)).toBe(0);
    expect(store.fetch(7, 0, 16, 0).total).toBe(LIMITS.recordsPerKeyMax);
  });

  test("a full store refuses the newcomer, keeps who is there, and still renews", () => {
    const store = new RecordStore<number>();
    store.put(1, alice, record(alice, 1), 60, 0);
    for (let number = 10; store.size < all; number++) flood(store, host(number), 1000, 60, 0);

    expect(store.put(1, bob, record(bob, 1), 60, 0)).toBe(0);

    expect(store.size).toBe(all);
    expect(store.fetch(1, 0, 16, 0).records).toEqual([record(alice, 1)]);
    expect(store.put(1, alice, record(alice, 1), 60, 30_000)).toBe(60);
    expect(store.fetch(1, 0, 16, 80_000).total).toBe(1);
  });

  test("what is out of date makes room at once", () => {
    const store = new RecordStore<number>();
    for (let number = 10; store.size < all; number++) flood(store, host(number), 1000, 60, 0);
    store.put(host(10) * 2000, host(10), record(host(10), 0), 120, 0);

    expect(store.put(1, bob, record(bob, 1), 60, 59_999)).toBe(0);
    expect(store.put(1, bob, record(bob, 1), 60, 60_000)).toBe(60);

    expect(store.size).toBe(2);
  });

  test("records that went give their places back", () => {
    const store = new RecordStore<number>();
    flood(store, alice, 1024, 60, 0);
    expect(store.remove(alice * 2000, alice, record(alice, 0))).toBe(true);
    expect(store.put(1, alice, record(alice, 1), 60, 0)).toBe(60);
    expect(store.put(2, alice, record(alice, 1), 60, 0)).toBe(0);

    expect(store.sweep(60_000)).toBe(0);

    expect(flood(store, alice, 2000, 60, 60_000)).toBe(LIMITS.recordsPerHostMax);
  });
});

describe("whatever happens", () => {
  interface Step {
    readonly what: "put" | "remove" | "sweep" | "wait";
    readonly key: number;
    readonly from: number;
    readonly value: number;
    readonly seconds: number;
  }

  test("a store says the same as a list of everything that was ever put", () => {
    const step: fc.Arbitrary<Step> = fc.record({
      what: fc.constantFrom("put", "put", "put", "remove", "sweep", "wait"),
      key: fc.nat(3),
      from: fc.nat(3),
      value: fc.nat(3),
      seconds: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        const store = new RecordStore<number>();
        const model = new Map<string, { readonly key: number; readonly record: Record; readonly expires: number }>();
        let now = 0;
        for (const { what, key, from, value, seconds } of steps) {
          const name = `${key}/${from}/${value}`;
          const given = record(host(from), value);
          if (what === "put") {
            expect(store.put(key, host(from), given, seconds, now)).toBe(seconds);
            model.set(name, { key, record: given, expires: now + 1000 * seconds });
          } else if (what === "remove") {
            store.remove(key, host(from), given);
            model.delete(name);
          } else if (what === "wait") now += 1000 * seconds;
          else {
            const left = [...model.values()].filter(({ expires }) => expires > now).length;
            expect(store.sweep(now)).toBe(left);
          }
          const living = [...model.values()].filter((kept) => kept.key === key && kept.expires > now);
          const { total, records } = store.fetch(key, 0, 100, now);
          expect(total).toBe(living.length);
          expect(records.length).toBe(total);
          expect(records).toEqual(expect.arrayContaining(living.map(({ record }) => record)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
