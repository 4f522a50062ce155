import { expect, test } from "vitest";
import { runCli } from "../run.ts";
import { TestShell } from "../testing/test-shell.ts";

test("it tells where it listens, shows who is known, and ends on Ctrl-C", async () => {
  let answer: Promise<unknown> | undefined;
  const shell = new TestShell({
    onSleep: (self) => {
      const url = /introducer at (\S+);/.exec(self.out)?.[1];
      answer ??= fetch(`${url}/.well-known/servent-introducer`)
        .then((response) => response.json())
        .finally(() => self.interrupt());
    },
  });

  expect(await runCli(["introducer", "--listen", "127.0.0.1:0", "--other", "https://peers.example"], shell)).toBe(0);

  expect(await answer).toMatchObject({ others: ["https://peers.example"], handOn: null });
  expect(shell.out).toMatch(/^introducer at http:\/\/127\.0\.0\.1:\d+; Ctrl-C ends it\n$/);
  expect(shell.err).toContain("nobody yet; 0 requests, 0 in the last hour");
});

test.each([
  [["--hand-on", "peers.example"], "no address of an introducer"],
  [["--other", "ftp://peers.example"], "no address of an introducer"],
  [["--allow", "10.0.0.0/33"], "no block of addresses"],
  [["--proxy", "box.lan"], "no block of addresses"],
  [["--check-every", "often"], "not a time span"],
])("%j is refused with what would be right", async (words, problem) => {
  const shell = new TestShell();
  expect(await runCli(["introducer", "--listen", "127.0.0.1:0", ...words], shell)).toBe(2);
  expect(shell.err).toContain(problem);
});
