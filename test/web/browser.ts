// A real browser on the page, for tests. It needs Chromium (`apt-get install chromium`, or CHROMIUM=/path); without it
// the tests are skipped, and say so.
import { existsSync, globSync, statSync } from "node:fs";
import path from "node:path";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { ScriptedServer } from "./scripted-server/scripted-server.ts";
import type { WorldOptions } from "./scripted-server/world.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const WEB = path.join(import.meta.dirname, "../../packages/web");
/** Loopback and a small page: what is not there by then does not come. */
const WAIT_MS = 10_000;
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

interface OpenOptions {
  readonly world?: Partial<WorldOptions>;
  /** `#/transfers`; the page's own choice where absent. */
  readonly place?: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
  /** Stay in front of the login screen. */
  readonly isLoggedOut?: boolean;
}

interface Opened {
  readonly page: Page;
  readonly server: ScriptedServer;
  readonly context: BrowserContext;
}

export interface Lab {
  open(options?: OpenOptions): Promise<Opened>;
  browser(): Browser;
  /** A page that watches for what must never happen; for servers other than the scripted one. */
  page(options?: OpenOptions): Promise<{ page: Page; context: BrowserContext }>;
}

/** Tests in a browser. What the page must never do (errors, refused content, foreign requests) fails each of them. */
export function describeInBrowser(name: string, tests: (lab: Lab) => void): void {
  if (!existsSync(CHROMIUM)) {
    describe.skip(`${name} (skipped: there is no ${CHROMIUM}; install Chromium or set CHROMIUM)`, () => tests(noLab));
    return;
  }
  describe(name, () => {
    let browser: Browser;
    const faults: string[] = [];
    const closing: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      assertBuilt();
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    });
    afterAll(() => browser?.close());
    afterEach(async () => {
      for (const close of closing.splice(0).toReversed()) await close();
      expect(faults.splice(0), "what the page must never do").toEqual([]);
    });

    const newPage: Lab["page"] = async ({ size, colorScheme } = {}) => {
      const context = await browser.newContext({
        viewport: size ?? { width: 1440, height: 900 },
        colorScheme: colorScheme ?? "light",
        locale: "en-GB",
        permissions: ["clipboard-read", "clipboard-write"],
      });
      closing.push(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      page.on("pageerror", (error) => faults.push(String(error.stack ?? error)));
      page.on("console", (message) => {
        const text = message.text();
        // The browser tells of every refused and failed request; the page deals with them.
        if (message.type() === "error" && !text.startsWith("Failed to load resource")) faults.push(text);
      });
      page.on("request", (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (protocol !== "blob:" && hostname !== "127.0.0.1") faults.push(`It asked ${request.url()}.`);
      });
      return { page, context };
    };

    tests({
      browser: () => browser,
      page: newPage,
      async open(options = {}) {
        const server = new ScriptedServer(options.world);
        await server.listen();
        closing.push(() => server.close());
        const { page, context } = await newPage(options);
        await page.goto(options.isLoggedOut === true ? server.url : server.loginUrl());
        if (options.isLoggedOut !== true) await page.getByRole("navigation", { name: "Screens" }).waitFor();
        if (options.place !== undefined) await page.goto(`${server.url}${options.place}`);
        return { page, server, context };
      },
    });
  });
}

const noLab: Lab = {
  open: () => Promise.reject(new Error("There is no browser.")),
  page: () => Promise.reject(new Error("There is no browser.")),
  browser: () => {
    throw new Error("There is no browser.");
  },
};

/** A test of yesterday's page would prove nothing. */
function assertBuilt(): void {
  const built = path.join(WEB, "dist/index.html");
  const sources = globSync(["src/**/*.{ts,tsx,css}", "index.html", "vite.config.ts", "public/*"], {
    cwd: WEB,
    exclude: ["**/*.test.ts"],
  });
  const newest = Math.max(...sources.map((file) => statSync(path.join(WEB, file)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  throw new Error("packages/web/dist is older than its sources: npm run build -w packages/web");
}

/** Rows of the list on screen, without the header. */
export function rowsOf(page: Page) {
  return page.locator(
    ":is([role=grid], [role=treegrid]) [role=rowgroup] [role=row][aria-rowindex]:not([aria-rowindex='1'])",
  );
}

/** Looks again and again until it is so; a busy machine may take its time. */
export function eventually<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: WAIT_MS, interval: 50 });
}

/** The search on screen has ended. */
export async function ended(page: Page): Promise<void> {
  await page.getByRole("main").getByText("Ended", { exact: true }).waitFor();
}

/** Types words into the box at the top and goes. */
export async function searchFor(page: Page, words: string): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type(words);
  await page.keyboard.press("Enter");
}
