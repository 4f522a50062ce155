// A run is a pure function of scenario, seed and build: twice in one process, in a process of a sweep, and in a browser it comes
// to the same digest and the same values. The scenarios use whatever could differ between engines: lognormal latencies, churn
// with Weibull sessions, loss, faults.
import { existsSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { localExecution } from "../../packages/servent/src/lab/job-pool.ts";
import { loadDocument } from "../../packages/servent/src/lab/loaded-scenario.ts";
import { runAnywhere } from "./run-anywhere.ts";

// Every run is a process that starts anew: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 });

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const ROOT = path.join(import.meta.dirname, "../..");

const head = { schema: "servent.scenario/1", seed: 11, fidelity: "wire", until: "60s" };
const SCENARIOS = [
  {
    ...head,
    title: "gnutella",
    protocol: "gnutella",
    peers: 80,
    topology: { kind: "random", meanDegree: 5 },
    link: { latency: "lognormal(50ms,0.4)", rate: "64kB" },
    churn: "weibull(0.5,60s,20s)",
    files: { count: 50, copies: 200, placement: "zipf(1.0)" },
    load: [{ at: "1s", every: "500ms", gaps: "exponential", do: "query", words: "tide", ttl: 4 }],
    faults: [{ at: "20s", do: "partition", split: 0.5, for: "5s" }],
  },
  {
    ...head,
    title: "chord",
    protocol: "chord",
    peers: 60,
    joinEvery: "200ms",
    options: { round: "2s" },
    link: { latency: "lognormal(50ms,0.4)", loss: 0.02 },
    churn: "exponential(120s,30s)",
    load: [{ at: "1s", every: "250ms", gaps: "exponential", do: "lookup" }],
    faults: [{ at: "20s", do: "crash", peers: "10%" }],
  },
] as const;

test.each(SCENARIOS)("$title: twice in one process", (scenario) => {
  const first = runAnywhere(scenario);

  expect(first.events).toBeGreaterThan(1000);
  expect(runAnywhere(scenario)).toEqual(first);
});

test.each(SCENARIOS)("$title: another seed is another run", (scenario) => {
  expect(runAnywhere({ ...scenario, seed: 12 }).digest).not.toBe(runAnywhere(scenario).digest);
});

test.each(SCENARIOS)("$title: bytes or objects, the decisions are the same", (scenario) => {
  expect(runAnywhere({ ...scenario, fidelity: "message" }).digest).toBe(runAnywhere(scenario).digest);
});

test.each(SCENARIOS)("$title: in a process of a sweep", async (scenario) => {
  const found: unknown[] = [];
  const hooks = {
    signal: new AbortController().signal,
    onDone: ({ findings }: { readonly findings: unknown }) => void found.push(findings),
    onProgress: () => undefined,
  };

  await localExecution({ processes: 1, heapBytesMax: 1e9 })(loadDocument("test", scenario, {}).jobs, hooks);

  expect(found).toEqual([runAnywhere(scenario)]);
});

const hasChromium = existsSync(CHROMIUM);
describe.skipIf(!hasChromium)(`in a browser (skipped where there is no ${CHROMIUM}: apt-get install chromium)`, () => {
  let browser: Browser;
  let server: http.Server;

  beforeAll(async () => {
    const script = `${await bundled()}\nself.onmessage = ({ data }) => self.postMessage(lab.runAnywhere(data));`;
    server = http.createServer((request, response) => {
      const isScript = request.url === "/lab.js";
      response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
      response.end(isScript ? script : "<!doctype html><title>lab</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(SCENARIOS)(
    "$title: in a Web Worker",
    async (scenario) => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

      const found: unknown = await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker("/lab.js");
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(${JSON.stringify(scenario)});
    })`);

      expect(found).toEqual(runAnywhere(scenario));
    },
    60_000,
  );
});

/** The pure packages as one script that defines `lab`, made by the bundler of the page. */
async function bundled(): Promise<string> {
  const fromWeb = createRequire(path.join(ROOT, "packages/web/package.json"));
  const { build } = (await import(pathToFileURL(fromWeb.resolve("vite")).href)) as { readonly build: Build };
  const made = await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      lib: { entry: path.join(import.meta.dirname, "run-anywhere.ts"), formats: ["iife"], name: "lab" },
    },
  });
  const code = made[0]?.output[0]?.code;
  if (code === undefined) throw new Error("the bundler made nothing");
  return code;
}

type Build = (options: object) => Promise<readonly { readonly output: readonly { readonly code: string }[] }[]>;
