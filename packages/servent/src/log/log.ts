// What the daemon tells its owner: JSON lines in a file per day, text on a terminal, the last entries for the API.
// Protocols emit events; only the product logs. Tokens, home paths and peers' addresses never reach any of the three.
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { Redactor } from "./redactor.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = Readonly<Record<string, unknown>>;

export interface LogEntry {
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly level: LogLevel;
  /** The part of the product that speaks: `api`, `library`, `gnutella`. */
  readonly area: string;
  readonly message: string;
  readonly fields: LogFields;
}

export interface LogQuery {
  /** This level and those above it. */
  readonly level?: LogLevel | undefined;
  readonly area?: string | undefined;
  readonly limit?: number | undefined;
}

/** One part's way into the log. */
export interface AreaLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Where the daily files go; no files where absent. */
  readonly folder?: string;
  readonly level?: LogLevel;
  /** Daily files older than this are removed. */
  readonly keepMs?: number;
  /** Called with each entry that was written; must not log. */
  readonly onEntry?: (entry: LogEntry) => void;
  readonly home?: string;
  readonly withAddresses?: boolean;
  readonly now?: () => number;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** Entries kept for the API: some screens full. */
const TAIL_MAX = 2000;
/** Lines that may wait for a slow disk; beyond it lines are dropped and counted, never the daemon stopped. */
const WAITING_MAX = 10_000;
/** One entry's text; longer ones are cut, so that nobody fills the disk with a single message. */
const LINE_CHARS_MAX = 16_384;
const DAY_MS = 86_400_000;
const FILE_NAME = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;

export class Log {
  private readonly options: LogOptions;
  private readonly redactor: Redactor;
  private readonly now: () => number;
  private level: LogLevel;
  private keepMs: number;
  /** A ring: `tailNext` is where the next entry goes. */
  private readonly tail: LogEntry[] = [];
  private tailNext = 0;
  private waiting: string[] = [];
  private dropped = 0;
  private writing: Promise<void> | undefined;
  private day = "";
  private failure: string | undefined;

  constructor(options: LogOptions = {}) {
    this.options = options;
    this.redactor = new Redactor({ home: options.home, withAddresses: options.withAddresses ?? false });
    this.now = options.now ?? Date.now;
    this.level = options.level ?? "info";
    this.keepMs = options.keepMs ?? 14 * DAY_MS;
  }

  /** Why the last lines did not reach the disk, or undefined. */
  get problem(): string | undefined {
    return this.failure;
  }

  setLevel(level: LogLevel): void {
    this.level = level;
  }

  setKeep(keepMs: number): void {
    this.keepMs = keepMs;
    this.day = "";
  }

  area(area: string): AreaLog {
    return {
      debug: (message, fields) => this.write("debug", area, message, fields),
      info: (message, fields) => this.write("info", area, message, fields),
      warn: (message, fields) => this.write("warn", area, message, fields),
      error: (message, fields) => this.write("error", area, message, fields),
    };
  }

  write(level: LogLevel, area: string, message: string, fields: LogFields = {}): void {
    if (RANK[level] < RANK[this.level]) return;
    const at = new Date(this.now()).toISOString();
    const entry: LogEntry = {
      at,
      level,
      area,
      message: cut(this.redactor.text(message)),
      fields: this.redactor.fields(fields),
    };
    if (this.tail.length < TAIL_MAX) this.tail.push(entry);
    else this.tail[this.tailNext] = entry;
    this.tailNext = (this.tailNext + 1) % TAIL_MAX;
    this.options.onEntry?.(entry);
    this.queue(entry);
  }

  /** The last entries, newest last. */
  entries(query: LogQuery = {}): LogEntry[] {
    const rank = RANK[query.level ?? "debug"];
    const limit = query.limit ?? 100;
    const found: LogEntry[] = [];
    for (let back = 1; back <= this.tail.length && found.length < limit; back++) {
      const entry = this.tail[(this.tailNext - back + TAIL_MAX) % TAIL_MAX] as LogEntry;
      if (RANK[entry.level] >= rank && (query.area === undefined || entry.area === query.area)) found.push(entry);
    }
    return found.toReversed();
  }

  /** Resolves when everything so far is on the disk, or could not be put there. */
  async flush(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  /** The last lines, at once, before the process ends. */
  flushNow(): void {
    const lines = this.waiting;
    this.waiting = [];
    if (lines.length === 0) return;
    try {
      appendFileSync(this.file(), lines.join(""), { mode: 0o600 });
    } catch (error) {
      this.failure = String(error);
    }
  }

  private queue(entry: LogEntry): void {
    if (this.options.folder === undefined) return;
    if (this.waiting.length >= WAITING_MAX) {
      this.dropped++;
      return;
    }
    this.waiting.push(logLine(entry));
    this.writing ??= this.drain();
  }

  private async drain(): Promise<void> {
    // One turn later, so that the lines of one moment go out in one write.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      try {
        await appendFile(this.file(), lines.join(""), { mode: 0o600 });
        this.failure = undefined;
      } catch (error) {
        this.failure = String(error);
        this.dropped += lines.length;
        // The folder may be gone; the next line makes it anew.
        this.day = "";
      }
      if (this.dropped > 0 && this.failure === undefined) {
        const message = `Lines lost because the disk was too slow or full: ${this.dropped}.`;
        this.waiting.push(
          logLine({ at: new Date(this.now()).toISOString(), level: "warn", area: "log", message, fields: {} }),
        );
        this.dropped = 0;
      }
    }
    this.writing = undefined;
  }

  private file(): string {
    const folder = this.options.folder as string;
    const day = new Date(this.now()).toISOString().slice(0, 10);
    if (day !== this.day) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.forgetOldFiles(folder);
      this.day = day;
    }
    return path.join(folder, `${day}.jsonl`);
  }

  private forgetOldFiles(folder: string): void {
    const oldest = this.now() - this.keepMs;
    for (const name of readdirSync(folder)) {
      const day = FILE_NAME.exec(name)?.[1];
      // A file's day ends a day after its name says; only then is its youngest line that old.
      if (day !== undefined && Date.parse(day) + DAY_MS < oldest) rmSync(path.join(folder, name), { force: true });
    }
  }
}

/** `12:30:05 warn  library  message  key=value`: one line, whatever a peer put into it. */
export function logText(entry: LogEntry): string {
  const fields = Object.entries(entry.fields).map(([key, value]) => `  ${key}=${plain(value)}`);
  const line = `${entry.at.slice(11, 19)} ${entry.level.padEnd(5)} ${entry.area.padEnd(9)} ${entry.message}${fields.join("")}`;
  // Text from peers must not steer the terminal.
  return cut(line).replace(/[\p{Cc}\p{Bidi_Control}]/gu, "�");
}

function logLine(entry: LogEntry): string {
  const line = JSON.stringify(entry);
  if (line.length <= LINE_CHARS_MAX) return `${line}\n`;
  return `${JSON.stringify({ ...entry, fields: { cut: line.length } })}\n`;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

function cut(text: string): string {
  return text.length <= LINE_CHARS_MAX / 2 ? text : `${text.slice(0, LINE_CHARS_MAX / 2)}…`;
}
