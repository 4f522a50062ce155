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
  [["--check-every", "0s"], "less than a second"],
  [["--listen", "foo"], '"foo" is no place to listen.'],
  [["--listen", "localhost:7391"], "address:port, in digits"],
])("%j is refused with what would be right", async (words, problem) => {
  const shell = new TestShell();
  expect(await runCli(["introducer", "--listen", "127.0.0.1:0", ...words], shell)).toBe(2);
  expect(shell.err).toContain(problem);
});

test("--dry-run listens nowhere, and says where it would", async () => {
  const shell = new TestShell();
  expect(await runCli(["introducer", "--listen", "127.0.0.1:7391", "--dry-run"], shell)).toBe(0);
  expect(shell.out).toBe("would be an introducer at http://127.0.0.1:7391\n");
});

test("--json names whom it hands on to", async () => {
  const shell = new TestShell({ onSleep: (self) => self.interrupt() });
  const words = ["introducer", "--listen", "127.0.0.1:0", "--hand-on", "https://peers.example", "--json"];
  expect(await runCli(words, shell)).toBe(0);
  expect(JSON.parse(shell.out)).toMatchObject({ schema: "servent.introducer/1", handOn: "https://peers.example" });
});

test("where its file cannot be written it ends, with the code of that", async () => {
  const shell = new TestShell();
  const words = ["introducer", "--listen", "127.0.0.1:0", "--state", "/nonexist/x.json"];
  expect(await runCli(words, shell)).toBe(5);
  expect(shell.err).toContain("cannot be written to /nonexist/x.json");
});
