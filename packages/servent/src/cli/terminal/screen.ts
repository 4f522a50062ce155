// The two streams of a command and what may be written to which: data to stdout; progress, notes and errors to stderr.
import { type Paint, painter } from "./colours.ts";
import type { TableLayout } from "./table.ts";
import { safeJson, visible } from "./text.ts";

/** What the screen needs of a stream. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface ScreenOptions {
  readonly isJson: boolean;
  readonly isPlain: boolean;
  readonly isQuiet: boolean;
  readonly hasProgress: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
}

/** Where nobody watches a terminal, progress is one line in this time: enough for a log, not a flood. */
const PROGRESS_LINE_MS = 10_000;
/** Assumed where a terminal does not tell its size. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

const CLEAR_BELOW = "\r\u001b[J";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";

export class Screen {
  readonly isJson: boolean;
  readonly isPlain: boolean;
  private readonly stdout: TextStream;
  private readonly stderr: TextStream;
  private readonly options: ScreenOptions;
  private readonly outPaint: Paint;
  private readonly errPaint: Paint;
  /** Rows that the live progress takes at this moment. */
  private liveRows = 0;
  private lineShownAt = Number.NEGATIVE_INFINITY;
  private lastShown = "";

  constructor(stdout: TextStream, stderr: TextStream, options: ScreenOptions) {
    this.stdout = stdout;
    this.stderr = stderr;
    this.options = options;
    this.isJson = options.isJson;
    this.isPlain = options.isPlain;
    this.outPaint = painter(this.takesColour(stdout));
    this.errPaint = painter(this.takesColour(stderr));
  }

  /** For tables and fields on stdout. A pipe gets everything uncut, unless COLUMNS says otherwise. */
  get layout(): TableLayout {
    return { width: this.dataWidth, paint: this.outPaint, isPlain: this.isPlain };
  }

  get paint(): Paint {
    return this.outPaint;
  }

  /** True where progress is redrawn in place rather than told line by line. */
  get isLive(): boolean {
    return this.options.hasProgress && !this.isJson && this.stderr.isTTY === true && this.options.env.TERM !== "dumb";
  }

  /** Rows that a live display may take without pushing its own head off the screen. */
  get liveRowsMax(): number {
    return Math.max(1, (this.stderr.rows ?? ROWS_DEFAULT) - 2);
  }

  /** Columns for live progress. Three stay free: a full line wraps on some terminals, and Ctrl-C prints ^C behind it. */
  get progressWidth(): number {
    return this.stderr.isTTY === true ? (this.stderr.columns ?? COLUMNS_DEFAULT) - 3 : Number.POSITIVE_INFINITY;
  }

  get hasTerminal(): boolean {
    return this.stdout.isTTY === true;
  }

  /** Data lines. The caller has made text from peers harmless: these lines may carry colour. */
  lines(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.clearProgress();
    this.stdout.write(`${lines.join("\n")}\n`);
  }

  line(line: string): void {
    this.lines([line]);
  }

  /** One JSON document or, in a stream, one object: always one line. */
  json(value: unknown): void {
    this.clearProgress();
    this.stdout.write(`${safeJson(value)}\n`);
  }

  /** A remark for people, dim on a terminal; nothing with --quiet. */
  note(text: string): void {
    if (this.options.isQuiet) return;
    this.clearProgress();
    this.stderr.write(`${this.errPaint(visible(text), "dim")}\n`);
  }

  /** Sum lines under a list: notes that --plain and --json leave out. */
  sum(text: string): void {
    if (!this.isPlain && !this.isJson) this.note(text);
  }

  /** What went wrong: the sentence, what to do now, and the code for scripts. */
  error(sentence: string, hint: string, code: string): void {
    this.clearProgress();
    const next = hint === "" ? "" : `${visible(hint)} `;
    this.stderr.write(
      `${this.errPaint("error:", "red")} ${visible(sentence)}\n       ${next}${this.errPaint(`[${visible(code)}]`, "dim")}\n`,
    );
  }

  /** An error again for programs, as one line on stderr. */
  errorJson(value: unknown): void {
    this.stderr.write(`${safeJson(value)}\n`);
  }

  /** A question on stderr; the answer is read elsewhere. */
  ask(question: string): void {
    this.clearProgress();
    this.stderr.write(visible(question));
  }

  /**
   * Shows how far things are. On a terminal the lines replace the ones before; elsewhere they are written at most once
   * in ten seconds. The lines must fit `progressWidth` and `liveRowsMax`, and hold no raw text from peers.
   */
  progress(lines: readonly string[]): void {
    if (!this.options.hasProgress || this.options.isQuiet || lines.length === 0) return;
    if (this.isLive) {
      this.stderr.write(`${this.toTop()}${this.liveRows === 0 ? HIDE_CURSOR : ""}${lines.join("\n")}`);
      this.liveRows = lines.length;
      return;
    }
    const now = this.options.now();
    if (now - this.lineShownAt < PROGRESS_LINE_MS) return;
    this.lineShownAt = now;
    this.lastShown = lines.join("\n");
    this.stderr.write(`${this.lastShown}\n`);
  }

  /** Like `progress`, for what may stay as it is for ever: where it is written line by line, an unchanged line is not repeated. */
  status(line: string): void {
    if (this.isLive || line !== this.lastShown) this.progress([line]);
  }

  /** The first progress line of a stream that is no terminal comes only after its ten seconds. */
  startProgressClock(): void {
    this.lineShownAt = this.options.now();
  }

  clearProgress(): void {
    if (this.liveRows === 0) return;
    this.stderr.write(`${this.toTop()}${SHOW_CURSOR}`);
    this.liveRows = 0;
  }

  private toTop(): string {
    if (this.liveRows === 0) return CLEAR_BELOW;
    return this.liveRows === 1 ? CLEAR_BELOW : `\u001b[${this.liveRows - 1}A${CLEAR_BELOW}`;
  }

  private get dataWidth(): number {
    if (this.stdout.isTTY === true) return this.stdout.columns ?? COLUMNS_DEFAULT;
    const told = Number(this.options.env.COLUMNS);
    return Number.isInteger(told) && told > 0 ? told : Number.POSITIVE_INFINITY;
  }

  private takesColour(stream: TextStream): boolean {
    const { env } = this.options;
    return stream.isTTY === true && !this.isPlain && !this.isJson && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  }
}
