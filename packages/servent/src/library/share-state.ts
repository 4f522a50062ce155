// One share at work: its scanner, its watcher, its problems, and how far it is.
import { readdir, stat } from "node:fs/promises";
import type { Catalog } from "./catalog.ts";
import { type ShareRecord, shareKey, type UnhashedFile } from "./records.ts";
import type { FolderRules } from "./folder-reader.ts";
import type { HashQueue } from "./hash-queue.ts";
import type { ScanProgress, Share, ShareProblem } from "./library.ts";
import { ProblemList } from "./problem-list.ts";
import { ShareScanner } from "./scanner.ts";
import { Throttle } from "./time-slices.ts";
import { ShareWatcher } from "./watcher.ts";

/** Progress of one share, at most twice a second. */
const PROGRESS_MS = 500;
/** A file that was written to while it was hashed is looked at again after this, also where nothing is watched. */
const SETTLE_MS = 10_000;

export interface ShareStateOptions {
  readonly record: ShareRecord;
  readonly catalog: Catalog;
  readonly queue: Pick<HashQueue, "wake" | "current" | "isRunning">;
  readonly rules: () => FolderRules;
  readonly watched: boolean;
  readonly now: () => number;
  readonly emit: (type: string, data: Readonly<Record<string, unknown>>) => void;
  /** Something may be offered now that was not, or the other way round. */
  readonly onChanged: () => void;
}

export class ShareState {
  readonly record: ShareRecord;
  readonly problems = new ProblemList();
  private readonly options: ShareStateOptions;
  private readonly scanner: ShareScanner;
  private watcher: ShareWatcher | undefined;
  private watchNote = "";
  private watchWanted: boolean;
  private readonly progressThrottle: Throttle;
  private readonly changedThrottle: Throttle;
  private readonly settling = new Set<string>();
  private settleTimer: NodeJS.Timeout | undefined;
  private hashingCancelled = false;
  private vanished = false;
  private filesHashed = 0;
  private bytesHashed = 0;
  /** Files that could not be hashed since the last full scan; they stay unhashed and are not waited for. */
  private filesFailed = 0;
  private bytesFailed = 0;
  private told = "";
  private closed = false;

  constructor(options: ShareStateOptions) {
    this.options = options;
    this.record = options.record;
    this.scanner = new ShareScanner({
      catalog: options.catalog,
      share: options.record,
      rules: options.rules,
      problems: this.problems,
      now: options.now,
      events: {
        onFolder: (path) => this.watcher?.add(path),
        onFolderGone: (path) => this.watcher?.remove(path),
        onTaken: (lowest) => this.onTaken(lowest),
        onProgress: () => this.tellProgress(),
        onVanished: () => this.setVanished(true),
        onEnded: () => {
          this.tellProgress();
          this.tellChanged();
        },
      },
    });
    this.progressThrottle = new Throttle(PROGRESS_MS, () => this.emitProgress());
    this.changedThrottle = new Throttle(PROGRESS_MS, () => this.emitChanged());
    this.watchWanted = options.watched;
    this.setWatch(options.watched);
  }

  view(): Share {
    const { id, path, alias, exclude } = this.record;
    const { files, bytes } = this.options.catalog.offeredIn(id);
    return {
      id: shareKey(id),
      path,
      as: alias,
      exclude,
      files,
      bytes,
      scannedAt: this.scanner.scannedAt,
      progress: this.progress(),
      problems: this.problems.count,
      watched: this.watcher !== undefined,
      watchNote: this.watchNote,
    };
  }

  /** Real path where files may be hashed now. */
  get hashRoot(): string | undefined {
    return this.closed || this.hashingCancelled || this.vanished ? undefined : this.record.path;
  }

  get hasVanished(): boolean {
    return this.vanished;
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Scanning

  scan(): void {
    this.hashingCancelled = false;
    this.filesFailed = 0;
    this.bytesFailed = 0;
    this.scanner.scanAll();
  }

  touch(folder: string): void {
    this.scanner.touch(folder);
  }

  cancel(): void {
    this.hashingCancelled = true;
    this.scanner.cancel();
    this.tellProgress();
  }

  /** Whether the folder of the share is there. An empty mount point of a disk that held it before does not count. */
  async isThere(): Promise<boolean> {
    try {
      const { dev } = await stat(this.record.path);
      const before = this.options.catalog.folderDevice(this.record.id, "");
      return before === undefined || before === dev || (await readdir(this.record.path)).length > 0;
    } catch {
      return false;
    }
  }

  setVanished(vanished: boolean): void {
    if (this.vanished === vanished) return;
    this.vanished = vanished;
    this.options.catalog.setOnline(this.record, !vanished);
    // The handles are dead; the scan that finds the share again asks for new ones.
    if (vanished) this.setWatch(this.watchWanted);
    else this.problems.delete("");
    this.tellChanged();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.watcher?.close();
    this.progressThrottle.close();
    this.changedThrottle.close();
    clearTimeout(this.settleTimer);
    await this.scanner.close();
  }

  private onTaken(lowest: number): void {
    if (this.vanished) this.setVanished(false);
    if (Number.isFinite(lowest)) {
      if (!this.options.queue.isRunning) {
        this.filesHashed = 0;
        this.bytesHashed = 0;
      }
      this.options.queue.wake(lowest);
    }
    this.tellChanged();
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Watching

  setWatch(wanted: boolean): void {
    this.watchWanted = wanted;
    this.watcher?.close();
    this.watcher = undefined;
    this.watchNote = wanted ? "" : "Watching is switched off; changes are seen at the next scan.";
    if (!wanted || this.closed) return;
    this.watcher = new ShareWatcher({
      root: this.record.path,
      onChanged: ({ folders, trees }) => {
        for (const folder of folders) this.scanner.touch(folder);
        for (const tree of trees) this.scanner.touch(tree, true);
      },
      onGivenUp: (note) => {
        this.watcher = undefined;
        this.watchNote = note;
        this.tellChanged();
      },
    });
  }

  /** Watches the folders that are known, where no scan comes to tell them. */
  watchKnown(): void {
    // One more than a watcher takes, so that it sees that there are too many.
    for (const folder of this.options.catalog.folders(this.record.id, ShareWatcher.foldersMax + 1)) {
      this.watcher?.add(folder);
    }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Hashing

  onHashed(file: UnhashedFile, problem: Omit<ShareProblem, "at" | "path"> | undefined): void {
    const path = file.folder === "" ? file.name : `${file.folder}/${file.name}`;
    if (problem === undefined) {
      this.filesHashed++;
      this.bytesHashed += file.size;
      this.problems.delete(path);
    } else {
      this.filesFailed++;
      this.bytesFailed += file.size;
      this.problems.add({ ...problem, path, at: new Date(this.options.now()).toISOString() });
      if (problem.code === "changed_while_hashing") this.settle(file.folder);
    }
  }

  onHashingStopped(why: string): void {
    const text = `What was hashed cannot be written: ${why}`;
    this.problems.add({ path: "", code: "unreadable", text, at: new Date(this.options.now()).toISOString() });
    this.tellChanged();
  }

  private settle(folder: string): void {
    this.settling.add(folder);
    this.settleTimer ??= setTimeout(() => {
      this.settleTimer = undefined;
      for (const one of this.settling) this.scanner.touch(one);
      this.settling.clear();
    }, SETTLE_MS).unref();
  }

  /** Files that are to be hashed and can be. */
  private left(): { files: number; bytes: number } {
    const { files, bytes } = this.options.catalog.unhashedIn(this.record.id);
    return { files: Math.max(0, files - this.filesFailed), bytes: Math.max(0, bytes - this.bytesFailed) };
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Telling

  tellProgress(): void {
    if (!this.closed) this.progressThrottle.call();
  }

  tellChanged(): void {
    if (this.closed) return;
    this.options.onChanged();
    this.changedThrottle.call();
  }

  private progress(): ScanProgress {
    const { catalog } = this.options;
    const offered = catalog.offeredIn(this.record.id);
    const unhashed = catalog.unhashedIn(this.record.id);
    const left = this.left();
    const at = this.options.queue.current(this.record.id);
    const isHashing = this.hashRoot !== undefined && left.files > 0 && this.options.queue.isRunning;
    const state = this.scanner.isRunning ? "scanning" : isHashing ? "hashing" : "idle";
    let current = "";
    if (state === "scanning") current = this.scanner.current;
    else if (at !== undefined) current = at.file.folder === "" ? at.file.name : `${at.file.folder}/${at.file.name}`;
    return {
      state,
      filesFound: this.scanner.filesFound ?? offered.files + unhashed.files,
      filesHashed: this.filesHashed,
      bytesHashed: this.bytesHashed + (at?.bytes ?? 0),
      bytesToHash: this.bytesHashed + left.bytes,
      current,
    };
  }

  private emitProgress(): void {
    this.options.emit("share.scan", { id: shareKey(this.record.id), ...this.progress() });
  }

  private emitChanged(): void {
    const { files, bytes, scannedAt, problems, watched } = this.view();
    const now = { files, bytes, scannedAt, problems, watched };
    const text = JSON.stringify(now);
    if (text === this.told) return;
    this.told = text;
    this.options.emit("share.changed", { id: shareKey(this.record.id), change: "content", ...now });
  }
}
