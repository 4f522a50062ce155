import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of the time of an end-to-end test is waiting, so more files than cores can be under way.
    maxWorkers: 3,
    reporters: ["default", "./test/summary-reporter.ts"],
  },
});
