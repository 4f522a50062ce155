import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";
import { ask } from "./testing/request.ts";

let folder: string;
let made: HandMade;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-page-"));
});
afterEach(async () => {
  await made.close();
  rmSync(folder, { recursive: true });
});

async function serve(isBuilt: boolean): Promise<void> {
  if (isBuilt) {
    mkdirSync(path.join(folder, "dist", "assets"), { recursive: true });
    writeFileSync(path.join(folder, "dist", "index.html"), "<p>the page</p>");
    writeFileSync(path.join(folder, "dist", "assets", "app-1a2b.js"), "1");
    writeFileSync(path.join(folder, "secret.txt"), "secret");
  }
  made = await handMade({}, { pageFolder: path.join(folder, "dist") });
  await made.api.listen();
}

test("before the page is built, its place says how to build it, and the rest works", async () => {
  await serve(false);
  const answer = await ask(made, "tcp", "/");
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(answer.text).toContain("npm run build");
  expect((await ask(made, "tcp", "/healthz")).body).toEqual({ status: "ok" });
});

test("the page is asked for anew each time, its hashed assets never again", async () => {
  await serve(true);
  const entry = await ask(made, "tcp", "/");
  expect([entry.text, entry.headers["cache-control"]]).toEqual(["<p>the page</p>", "no-cache"]);
  const asset = await ask(made, "tcp", "/assets/app-1a2b.js");
  expect(asset.headers).toMatchObject({
    "cache-control": "public, max-age=31536000, immutable",
    "content-type": expect.stringContaining("javascript"),
    "x-content-type-options": "nosniff",
  });
});

test("any other path of a browser is the page's own, but not a missing asset or API path", async () => {
  await serve(true);
  const headers = { accept: "text/html,*/*" };
  expect((await ask(made, "tcp", "/transfers/t_1", { headers })).text).toBe("<p>the page</p>");
  expect((await ask(made, "tcp", "/api/v1/nothing", { headers })).status).toBe(404);
  expect((await ask(made, "tcp", "/assets/gone.js", { headers: { accept: "*/*" } })).status).toBe(404);
  expect((await ask(made, "tcp", "/transfers", { method: "POST", headers })).status).toBe(404);
});

test.each(["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt"])(
  "%s does not leave the page's folder",
  async (asked) => {
    await serve(true);
    const answer = await ask(made, "tcp", asked);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toBe("secret");
  },
);
