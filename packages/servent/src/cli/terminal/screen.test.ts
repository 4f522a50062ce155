import { expect, test } from "vitest";
import { Screen, type ScreenOptions } from "./screen.ts";

function screenWith(options: Partial<ScreenOptions> & { readonly columns?: number } = {}) {
  const written = { out: "", err: "", now: 0 };
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns, rows: 24 };
  const screen = new Screen(
    { ...terminal, write: (text: string) => (written.out += text) },
    { ...terminal, write: (text: string) => (written.err += text) },
    {
      isJson: false,
      isPlain: false,
      isQuiet: false,
      hasProgress: true,
      env: {},
      now: () => written.now,
      ...options,
    },
  );
  return { screen, written };
}

test("on a terminal, progress replaces the lines before and is gone before data is written", () => {
  const { screen, written } = screenWith({ columns: 80 });
  screen.progress(["one", "two"]);
  screen.progress(["three", "four"]);
  screen.line("data");
  const begin = "\r\u001b[J\u001b[?25lone\ntwo";
  const again = "\u001b[1A\r\u001b[Jthree\nfour";
  const cleared = "\u001b[1A\r\u001b[J\u001b[?25h";
  expect(written.err).toBe(begin + again + cleared);
  expect(written.out).toBe("data\n");
});

test("elsewhere, progress is one line in ten seconds", () => {
  const { screen, written } = screenWith();
  screen.startProgressClock();
  for (written.now = 0; written.now < 25_000; written.now += 500) screen.progress([`at ${written.now}`]);
  expect(written.err).toBe("at 10000\nat 20000\n");
});

test("elsewhere, a status is written again when it has changed, and on a terminal it stays", () => {
  const { screen, written } = screenWith();
  for (written.now = 0; written.now < 60_000; written.now += 500) screen.status(written.now < 15_000 ? "idle" : "busy");
  expect(written.err).toBe("idle\nbusy\n");

  const live = screenWith({ columns: 80 });
  live.screen.status("idle");
  live.screen.note("linked");
  live.screen.status("idle");
  expect(live.written.err.split("idle")).toHaveLength(3);
});

test("--json keeps the live display away, even on a terminal", () => {
  const { screen, written } = screenWith({ columns: 80, isJson: true });
  screen.progress(["half"]);
  expect(written.err).toBe("half\n");
});

test("--quiet and --no-progress show no progress", () => {
  for (const options of [{ isQuiet: true }, { hasProgress: false }]) {
    const { screen, written } = screenWith({ columns: 80, ...options });
    screen.progress(["half"]);
    expect(written.err).toBe("");
  }
});

test("--quiet drops notes and keeps errors", () => {
  const { screen, written } = screenWith({ isQuiet: true });
  screen.note("by the way");
  screen.error("It broke.", "Mend it.", "internal");
  expect(written.err).toBe("error: It broke.\n       Mend it. [internal]\n");
});

test("colour only on a terminal, and not with NO_COLOR, --plain, --json or a dumb one", () => {
  const colours = (options: Parameters<typeof screenWith>[0]) => screenWith(options).screen.paint("x", "red") !== "x";
  expect(colours({ columns: 80 })).toBe(true);
  expect(colours({})).toBe(false);
  expect(colours({ columns: 80, env: { NO_COLOR: "1" } })).toBe(false);
  expect(colours({ columns: 80, env: { NO_COLOR: "" } })).toBe(true);
  expect(colours({ columns: 80, env: { TERM: "dumb" } })).toBe(false);
  expect(colours({ columns: 80, isPlain: true })).toBe(false);
  expect(colours({ columns: 80, isJson: true })).toBe(false);
});

test("a pipe has no width unless COLUMNS says so", () => {
  expect(screenWith({}).screen.layout.width).toBe(Number.POSITIVE_INFINITY);
  expect(screenWith({ env: { COLUMNS: "60" } }).screen.layout.width).toBe(60);
  expect(screenWith({ columns: 120, env: { COLUMNS: "60" } }).screen.layout.width).toBe(120);
});

test("sum lines are for people only", () => {
  for (const options of [{ isPlain: true }, { isJson: true }]) {
    const { screen, written } = screenWith(options);
    screen.sum("2 peers");
    expect(written.err).toBe("");
  }
});
