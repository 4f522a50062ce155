// What a verb has at hand: the flags, the screen, the daemon, and the user's Ctrl-C.
import { ServentError } from "../base/servent-error.ts";
import type { DaemonClient, Method } from "./client/daemon-client.ts";
import { EXIT } from "./exit-codes.ts";
import { Screen, type TextStream } from "./terminal/screen.ts";

/** The process as the command line sees it; tests make their own. */
export interface Shell {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly stdinIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back on each Ctrl-C from now on, in place of ending the process. */
  onInterrupt(handler: () => void): void;
  /** One line from the user. */
  readLine(): Promise<string>;
  /** Leaves at once, whatever is under way. */
  exit(code: number): void;
}

export interface GlobalFlags {
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  /** 0, 1 (-v) or 2 (-vv). */
  readonly verbose: number;
  readonly progress: boolean;
  readonly timeoutMs: number | undefined;
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly config: string | undefined;
  readonly profile: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** A change that --dry-run kept from happening. */
export interface PlannedRequest {
  readonly method: Method;
  readonly path: string;
  readonly body: unknown;
}

/** Longest wait for one answer, unless --timeout says otherwise. The daemon answers in milliseconds or is stuck. */
const REQUEST_TIMEOUT_MS = 30_000;

export class Context {
  readonly flags: GlobalFlags;
  readonly shell: Shell;
  readonly screen: Screen;
  /** What --dry-run held back, in order. */
  readonly planned: PlannedRequest[] = [];
  /** Likewise, in words, what needs no daemon: `listen at 127.0.0.1:8888`. */
  readonly plans: string[] = [];
  private readonly requestTimeoutMs: number;
  private client: DaemonClient | undefined;
  private interruption: AbortController | undefined;

  /** `waits`: --timeout is the business of the verb. */
  constructor(flags: GlobalFlags, shell: Shell, waits = false) {
    this.flags = flags;
    this.requestTimeoutMs = waits ? REQUEST_TIMEOUT_MS : (flags.timeoutMs ?? REQUEST_TIMEOUT_MS);
    this.shell = shell;
    this.screen = new Screen(shell.stdout, shell.stderr, {
      isJson: flags.json,
      isPlain: flags.plain,
      isQuiet: flags.quiet,
      hasProgress: flags.progress,
      env: shell.env,
      now: () => shell.now(),
    });
  }

  /** The daemon that the flags and the profile lead to. Throws ServentError `not_reachable`. */
  async daemon(): Promise<DaemonClient> {
    if (this.client !== undefined) return this.client;
    const { url, tokenFile, profile, verbose } = this.flags;
    // Loaded here because several verbs ask nobody.
    const [{ DaemonClient }, { findDaemon }] = await Promise.all([
      import("./client/daemon-client.ts"),
      import("./client/find-daemon.ts"),
    ]);
    const place = await findDaemon({ url, tokenFile, profile, env: this.shell.env });
    this.client = new DaemonClient(place, {
      timeoutMs: this.requestTimeoutMs,
      ...(verbose > 0 ? { trace: (line: string) => this.screen.note(line) } : {}),
    });
    if (verbose > 0) this.screen.note(`daemon at ${this.client.name}`);
    return this.client;
  }

  /** A request that changes something; undefined where --dry-run only notes it down. */
  async change<T>(method: Exclude<Method, "GET">, path: string, body?: unknown): Promise<T | undefined> {
    if (this.flags.dryRun) {
      this.planned.push({ method, path, body });
      return undefined;
    }
    return (await this.daemon()).send<T>(method, path, body);
  }

  /** True where --dry-run only notes it down. */
  plan(action: string): boolean {
    if (this.flags.dryRun) this.plans.push(action);
    return this.flags.dryRun;
  }

  /**
   * Aborts on the first Ctrl-C, from the first use on; the second ends the process with 130. A verb that never asks
   * is ended by the first.
   */
  get interrupt(): AbortSignal {
    if (this.interruption === undefined) {
      const controller = new AbortController();
      this.interruption = controller;
      this.shell.onInterrupt(() => {
        if (!controller.signal.aborted) return controller.abort();
        this.screen.clearProgress();
        this.shell.exit(EXIT.interrupted);
      });
    }
    return this.interruption.signal;
  }

  /** Asks before something is lost; --yes answers for the user. Throws ServentError `usage` or `refused`. */
  async confirm(question: string): Promise<void> {
    if (this.flags.yes || this.flags.dryRun) return;
    if (!this.shell.stdinIsTerminal || this.flags.json) {
      throw new ServentError("usage", `${question} Nobody is there to answer.`, "Add --yes to go ahead.");
    }
    this.screen.ask(`${question} [y/N] `);
    const answer = (await this.shell.readLine()).trim().toLowerCase();
    if (answer !== "y" && answer !== "yes") {
      throw new ServentError("refused", "Nothing was changed.", "Answer y, or add --yes, to go ahead.");
    }
  }

  close(): void {
    this.screen.clearProgress();
    this.client?.close();
  }
}
