import { expect, test } from "vitest";
import type { IndexServerReport } from "../napster-server/server-switch.ts";
import { indexServerFindings } from "./doctor.ts";

const ON: IndexServerReport = { state: "on", clear: "127.0.0.1:8888", tls: null, users: 3, files: 40, reason: "" };

test("an index server that failed is a failure with its reason; one that is on or off is none", () => {
  expect(indexServerFindings(null)).toEqual([]);
  expect(indexServerFindings(ON)).toMatchObject([{ level: "ok", detail: expect.stringContaining("127.0.0.1:8888") }]);
  const failed: IndexServerReport = { ...ON, state: "failed", clear: null, reason: "Port 8888 is taken." };
  expect(indexServerFindings(failed)).toMatchObject([
    { level: "fail", detail: "Port 8888 is taken.", fix: expect.stringContaining("napsterServer.") },
  ]);
});
