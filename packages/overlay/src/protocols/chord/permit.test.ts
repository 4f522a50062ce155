import { describe, expect, test } from "vitest";
import { parseEndpoint } from "../../base/ipv4.ts";
import type { Address } from "../../host/host.ts";
import { Permits } from "./permit.ts";

const MINUTE = 60_000;
const at = (endpoint: string): Address => parseEndpoint(endpoint) as Address;

/** Time by hand, and numbers that never repeat. */
class ScriptedHost {
  time = 0;
  draws = 0;
  private state: number;

  constructor(seed = 1) {
    this.state = seed;
  }

  now(): number {
    return this.time;
  }

  u32(): number {
    this.draws++;
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state;
  }
}

describe("a permit", () => {
  test("is good for every port of its host, and for nobody else", () => {
    const permits = new Permits(new ScriptedHost());

    const permit = permits.permit(at("1.2.3.4:1000"));

    expect(permits.isGood(permit, at("1.2.3.4:1000"))).toBe(true);
    expect(permits.isGood(permit, at("1.2.3.4:2000"))).toBe(true);
    expect(permits.isGood(permit, at("1.2.3.5:1000"))).toBe(false);
    expect(permits.isGood(permit + 1, at("1.2.3.4:1000"))).toBe(false);
    expect(Number.isInteger(permit) && permit >= 0 && permit < 2 ** 32).toBe(true);
  });

  test("is one peer's in the lab, where addresses are small numbers", () => {
    const permits = new Permits(new ScriptedHost());
    for (const address of [0, 1, 70_000, 999_999]) {
      expect(permits.isGood(permits.permit(address), address)).toBe(true);
      expect(permits.isGood(permits.permit(address), address + 1)).toBe(false);
    }
  });

  test("of another node is worth nothing", () => {
    const address = at("1.2.3.4:1000");
    const permit = new Permits(new ScriptedHost(1)).permit(address);
    expect(new Permits(new ScriptedHost(2)).isGood(permit, address)).toBe(false);
  });

  test.each([0, 1, 4.9])("given %d minutes into a period lives through the next one and no longer", (minutes) => {
    const host = new ScriptedHost();
    const permits = new Permits(host);
    const address = at("1.2.3.4:1000");
    host.time = 100 * 5 * MINUTE + minutes * MINUTE;
    const permit = permits.permit(address);

    host.time = 101 * 5 * MINUTE;
    expect(permits.isGood(permit, address)).toBe(true);
    expect(permits.permit(address)).not.toBe(permit);
    host.time = 102 * 5 * MINUTE - 1;
    expect(permits.isGood(permit, address)).toBe(true);
    host.time = 102 * 5 * MINUTE;
    expect(permits.isGood(permit, address)).toBe(false);
  });

  test("ends after ten minutes even where nobody asked in between", () => {
    const host = new ScriptedHost();
    const permits = new Permits(host);
    const address = at("1.2.3.4:1000");
    const permit = permits.permit(address);

    host.time = 10 * MINUTE;

    expect(permits.isGood(permit, address)).toBe(false);
  });

  test("costs random numbers only when the secret turns", () => {
    const host = new ScriptedHost();
    const permits = new Permits(host);
    expect(host.draws).toBe(0);
    permits.permit(1);
    const draws = host.draws;

    for (let i = 0; i < 100; i++) permits.isGood(i, i);

    expect(host.draws).toBe(draws);
  });
});
