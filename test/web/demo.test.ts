// The page on a real daemon: the demo neighbourhood, from the login link to a file that is whole and verified.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually as untilTrue } from "../support/eventually.ts";
import { describeInBrowser, eventually, rowsOf, searchFor } from "./browser.ts";

const BIN = fileURLToPath(new URL("../../packages/servent/bin/servent.js", import.meta.url));
const START_SECONDS = 40;

describeInBrowser("the page on the demo neighbourhood", (lab) => {
  const folder = mkdtempSync(path.join(tmpdir(), "sw-"));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: path.join(folder, "tmp"),
    XDG_RUNTIME_DIR: path.join(folder, "run"),
  };
  let daemon: ChildProcess;
  let output = "";
  const loginUrl = () => /http:\/\/127\.0\.0\.1:\d+\/#code=[A-Z0-9-]+/.exec(output)?.[0];

  beforeAll(async () => {
    mkdirSync(env.TMPDIR);
    mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
    daemon = spawn(process.execPath, [BIN, "up", "--demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [daemon.stdout, daemon.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
    await untilTrue("the demo is ready", START_SECONDS, loginUrl, () => output);
  }, 60_000);

  afterAll(async () => {
    const gone = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGTERM");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  test("one search, one press, and the file is done and verified; every screen shows the daemon as it is", async () => {
    const { page } = await lab.page();
    await page.goto(loginUrl() ?? "");
    await page
      .getByRole("banner")
      .getByText(/Online|Reachable/)
      .waitFor();

    await searchFor(page, "tide");
    await rowsOf(page).nth(4).waitFor();
    await rowsOf(page).getByRole("button", { name: "Get", exact: true }).first().click();
    await page.getByText("Added to transfers:").waitFor();
    await page.getByRole("button", { name: "Show transfer" }).click();

    const details = page.getByRole("complementary", { name: "Details" });
    await details.getByText("100 %").waitFor();
    await details.getByText(/SHA-1 matches|Tiger tree matches/).waitFor();
    await page
      .getByRole("contentinfo")
      .getByText(/Finished:|Search ended/)
      .waitFor();

    await page.goto(page.url().replace(/#.*/, "#/networks"));
    await page.getByRole("switch", { name: /Gnutella/ }).waitFor();
    await eventually(() => rowsOf(page).count()).toBeGreaterThan(0);
    await page.goto(page.url().replace(/#.*/, "#/settings"));
    await page.getByText("search.timeout").waitFor();
    await page.goto(page.url().replace(/#.*/, "#/library"));
    await page.getByRole("heading", { name: "Library" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});
