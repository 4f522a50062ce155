// The examples of docs/api.md, run one after the other as they stand there.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HandMade, handMade } from "./testing/hand-made-app.ts";

const DOCUMENT = new URL("../../../../docs/api.md", import.meta.url);
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** Indented lines that begin with curl and go to the socket, with their continuation lines. */
function examples(): string[] {
  const text = readFileSync(DOCUMENT, "utf8").replaceAll("\\\n", " ");
  return [...text.matchAll(/^ {4}(curl .*--unix-socket \$S .*)$/gm)].map(([, line]) => line as string);
}

let made: HandMade;
beforeAll(async () => {
  made = await handMade();
  await made.api.listen();
});
afterAll(() => made.close());

test.skipIf(!hasCurl)("every example of the API chapter does what it says", async () => {
  const found = examples();
  expect(found.length).toBeGreaterThan(6);
  for (const line of found) {
    // A stream has no end of its own; its head is enough.
    const isStream = line.includes("/events");
    const command = line.replace(
      /^curl/,
      `curl -sS -o /dev/null -w '%{http_code}' ${isStream ? "--max-time 0.5" : ""}`,
    );
    const { stdout, stderr } = await run(command, made.api.place.socket as string);
    expect(stdout, `${line}\n${stderr}`).toMatch(/^20[01]$/);
  }
});

/** Without blocking: the API answers from this very process. */
function run(command: string, socket: string): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { env: { ...process.env, S: socket } }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
}
