import { describe, expect, test } from "vitest";
import { HostChoice } from "./host-choice.ts";

/** The best first, as downloads order their sources. */
const ordered = <Name>(choice: HostChoice<Name>, hosts: readonly Name[], now: number): Name[] =>
  hosts.toSorted((a, b) => choice.expected(b, now) - choice.expected(a, now));

describe("which host is asked first", () => {
  test("of unknown ones the one that claims the faster line, and whoever claims nothing last", () => {
    const choice = new HostChoice<string>();
    choice.onClaim("modem", 4);
    choice.onClaim("cable", 7);
    expect(ordered(choice, ["silent", "modem", "cable"], 0)).toEqual(["cable", "modem", "silent"]);
  });

  test("the nearer of two that claim the same", () => {
    const choice = new HostChoice<string>();
    for (const host of ["far", "near"]) choice.onClaim(host, 10);
    choice.onPing("far", 800);
    choice.onPing("near", 80);
    expect(ordered(choice, ["far", "near"], 0)).toEqual(["near", "far"]);
  });

  test("what a host gave counts more than what it claims or how near it is", () => {
    const choice = new HostChoice<string>();
    choice.onClaim("boaster", 10);
    choice.onPing("boaster", 5);
    choice.onBytes("boaster", 100_000, 50_000);
    choice.onClaim("modest", 1);
    choice.onPing("modest", 300);
    choice.onBytes("modest", 1_000_000, 2000);
    expect(ordered(choice, ["boaster", "modest"], 0)).toEqual(["modest", "boaster"]);
    expect(choice.expected("modest", 0)).toBe(500_000);
  });

  test("a few bytes say nothing about a host", () => {
    const choice = new HostChoice<string>();
    choice.onBytes("quick", 100, 1);
    expect(choice.expected("quick", 0)).toBe(choice.expected("unknown", 0));
  });

  test("one that failed comes last for a while, and until it answers again", () => {
    const choice = new HostChoice<string>();
    choice.onBytes("dead", 1_000_000, 1000);
    choice.onFailure("dead", 1000);
    expect(ordered(choice, ["dead", "unknown"], 2000)).toEqual(["unknown", "dead"]);
    expect(ordered(choice, ["unknown", "dead"], 1000 + 5 * 60_000)).toEqual(["dead", "unknown"]);
    choice.onFailure("dead", 400_000);
    choice.onPing("dead", 20);
    expect(ordered(choice, ["unknown", "dead"], 400_001)).toEqual(["dead", "unknown"]);
  });

  test("the hosts that it remembers are bounded: the one seen longest ago is forgotten", () => {
    const choice = new HostChoice<number>();
    for (let host = 0; host < 2001; host++) choice.onPing(host, 10);
    const unknown = choice.expected(2001, 0);
    expect(choice.expected(0, 0)).toBe(unknown);
    expect(choice.expected(1, 0)).toBeGreaterThan(unknown);
    expect(choice.expected(2000, 0)).toBeGreaterThan(unknown);
  });
});
