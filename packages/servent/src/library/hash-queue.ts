// Hashes the files that have no identity yet, in the order of their indexes, and writes the identities in batches. The
// queue is the table itself: nothing is remembered here that a crash could lose.
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Catalog } from "./catalog.ts";
import type { Identity, UnhashedFile } from "./records.ts";
import { errorCode, errorText, isInside } from "./folder-reader.ts";
import type { HashResult } from "./hash-job.ts";
import type { HashPool, HashTask } from "./hash-pool.ts";
import type { ShareProblem } from "./library.ts";

/** Files read from the table at a time, and identities written at a time. */
const BATCH_FILES = 64;
/** A finished file waits no longer than this to be offered. */
const BATCH_MS = 250;

export interface HashQueueOptions {
  readonly catalog: Catalog;
  readonly pool: HashPool;
  /** Real path of a share whose files are to be hashed now; undefined where it is gone, cancelled or removed. */
  readonly root: (share: number) => string | undefined;
  /** Bytes per second. */
  readonly rate: number;
  readonly onProgress: (share: number) => void;
  /** A file is through, with a problem or without. */
  readonly onFile: (file: UnhashedFile, problem: Omit<ShareProblem, "at" | "path"> | undefined) => void;
  /** Identities have been written, or nothing is left to do. */
  readonly onIdentities: () => void;
  /** The database cannot be written; hashing rests until it is woken again. */
  readonly onStopped: (why: string) => void;
}

export class HashQueue {
  private readonly options: HashQueueOptions;
  private rate: number;
  private after = 0;
  private running: Promise<void> | undefined;
  private task: { readonly file: UnhashedFile; readonly task: HashTask } | undefined;
  private hashed: { file: UnhashedFile; identity: Identity }[] = [];
  private writtenAt = 0;
  private closed = false;

  constructor(options: HashQueueOptions) {
    this.options = options;
    this.rate = options.rate;
  }

  setRate(bytesPerSecond: number): void {
    this.rate = bytesPerSecond;
    this.task?.task.setRate(bytesPerSecond);
  }

  /** There are files without identity from index `lowest` on. */
  wake(lowest: number): void {
    this.after = Math.min(this.after, lowest - 1);
    if (this.closed || this.running !== undefined) return;
    // Not before the end of what wakes it: the queue could be through, and `running` be set after that.
    this.running = Promise.resolve().then(() => this.run());
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** The file of the share that is being hashed, and how far it is. */
  current(share: number): { readonly file: UnhashedFile; readonly bytes: number } | undefined {
    if (this.task?.file.share !== share) return undefined;
    return { file: this.task.file, bytes: this.task.task.done() };
  }

  /** Stops hashing what `root` no longer answers for. */
  recheck(): void {
    if (this.task !== undefined && this.options.root(this.task.file.share) === undefined) this.task.task.cancel();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.task?.task.cancel();
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.hashAll();
    } catch (error) {
      this.running = undefined;
      if (errorCode(error) !== "ERR_SQLITE_ERROR") throw error;
      this.after = 0;
      this.options.onStopped(errorText(error));
    }
  }

  private async hashAll(): Promise<void> {
    for (;;) {
      const batch = this.closed ? [] : this.options.catalog.unhashed(this.after, BATCH_FILES);
      const last = batch.at(-1);
      if (last === undefined) {
        // Right after the look at the table: whoever wakes the queue from now on starts it anew.
        this.running = undefined;
        this.options.onIdentities();
        return;
      }
      this.after = last.index;
      for (const file of batch) {
        if (this.closed) break;
        await this.hash(file);
      }
      // Before the next look at the table: what is written is not found again.
      this.write();
    }
  }

  private async hash(file: UnhashedFile): Promise<void> {
    const root = this.options.root(file.share);
    if (root === undefined) return;
    let path: string;
    try {
      path = await realpath(join(root, file.folder, file.name));
    } catch (error) {
      this.options.onFile(file, { code: "unreadable", text: errorText(error) });
      return;
    }
    if (!isInside(root, path)) {
      this.options.onFile(file, { code: "outside", text: "The path leads out of the share." });
      return;
    }
    // A cancel or a close may have come during the wait.
    if (this.closed || this.options.root(file.share) === undefined) return;
    const task = this.options.pool.hash(path, this.rate);
    this.task = { file, task };
    this.options.onProgress(file.share);
    const result = await task.outcome;
    this.task = undefined;
    this.onResult(file, result);
  }

  private onResult(file: UnhashedFile, result: HashResult): void {
    if (result.ok && result.size === file.size && result.modified === file.modified && result.inode === file.inode) {
      this.hashed.push({ file, identity: result });
      this.options.onFile(file, undefined);
    } else if (result.ok || result.code === "changed") {
      this.options.onFile(file, { code: "changed_while_hashing", text: "It was changed while it was read." });
    } else if (result.code === "unreadable") {
      this.options.onFile(file, { code: "unreadable", text: result.text });
    }
    this.options.onProgress(file.share);
    if (performance.now() - this.writtenAt >= BATCH_MS) this.write();
  }

  private write(): void {
    this.writtenAt = performance.now();
    if (this.hashed.length === 0) return;
    const hashed = this.hashed;
    this.hashed = [];
    this.options.catalog.takeIdentities(hashed);
    this.options.onIdentities();
  }
}
