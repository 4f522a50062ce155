// A process for tests: streams that collect, a clock that moves only when somebody waits, a Ctrl-C to press.
import type { Shell } from "../context.ts";
import { runCli } from "../run.ts";

export interface ShellOptions {
  /** Columns of the terminal on both streams; a pipe where absent. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly answer?: string;
  readonly cwd?: string;
  /** Called on each wait, before the clock moves on. */
  readonly onSleep?: (shell: TestShell) => void;
}

export class TestShell implements Shell {
  out = "";
  err = "";
  clock = Date.parse("2026-01-01T12:00:00Z");
  exitCode: number | undefined;
  readonly stdout;
  readonly stderr;
  readonly stdinIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  private readonly options: ShellOptions;
  private readonly handlers: (() => void)[] = [];

  constructor(options: ShellOptions = {}) {
    this.options = options;
    const stream = options.columns === undefined ? {} : { isTTY: true, columns: options.columns, rows: 24 };
    this.stdout = { ...stream, write: (text: string) => void (this.out += text) };
    this.stderr = { ...stream, write: (text: string) => void (this.err += text) };
    this.stdinIsTerminal = options.answer !== undefined;
    this.cwd = options.cwd ?? "/home/ann";
    this.env = { HOME: "/nowhere", XDG_RUNTIME_DIR: "/nowhere/run", ...options.env };
  }

  now(): number {
    return this.clock;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.options.onSleep?.(this);
    if (signal?.aborted !== true) this.clock += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }

  onInterrupt(handler: () => void): void {
    this.handlers.push(handler);
  }

  interrupt(): void {
    for (const handler of this.handlers) handler();
  }

  readLine(): Promise<string> {
    return Promise.resolve(this.options.answer ?? "");
  }

  exit(code: number): void {
    this.exitCode = code;
  }
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly shell: TestShell;
}

/** Runs one command line against a daemon. */
export async function run(
  daemon: { readonly socket: string },
  words: readonly string[],
  options: ShellOptions = {},
): Promise<Ran> {
  const shell = new TestShell(options);
  const code = await runCli(["--url", `unix:${daemon.socket}`, ...words], shell);
  return { code, out: shell.out, err: shell.err, shell };
}
