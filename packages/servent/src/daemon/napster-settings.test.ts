import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import type { Address } from "@servent/overlay/host/host.ts";
import { SideWrites } from "../base/side-writes.ts";
import { Settings } from "../config/settings.ts";
import { Memory } from "./database.ts";
import { napsterSettings } from "./napster-settings.ts";

test("each server that is not named hears a password of its own, the same after a restart, and nothing of the one that is set", () => {
  const memory = new Memory(new DatabaseSync(":memory:"), new SideWrites(() => undefined));
  const settings = new Settings({ env: { SERVENT_NETWORK_NAPSTER_PASSWORD: "tide-tables" } });
  const passwordsOf = (known: Memory): string[] =>
    ["192.0.2.7:8888", "192.0.2.7:8889", "192.0.2.8:8888"].map((place) =>
      napsterSettings(settings, known, 0).passwordAt(parseEndpoint(place) as Address),
    );

  const first = passwordsOf(memory);
  expect(new Set(first).size).toBe(3);
  for (const password of first) expect(password).toMatch(/^[0-9a-f]{24}$/);
  expect(passwordsOf(memory)).toEqual(first);
  expect(napsterSettings(settings, memory, 0).password).toBe("tide-tables");

  const other = new Memory(new DatabaseSync(":memory:"), new SideWrites(() => undefined));
  expect(passwordsOf(other)).not.toEqual(first);
});
