// The library of a servent: shared folders, scanned, watched and hashed, and what peers may ask of them.
// The parts: catalog.ts knows, scanner.ts and watcher.ts look, hash-queue.ts hashes, open-file.ts hands out.
import { closeSync } from "node:fs";
import { homedir } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { ServentError } from "../base/servent-error.ts";
import { Catalog } from "./catalog.ts";
import { type ShareRecord, shareKey } from "./records.ts";
import { exclusion, JUNK } from "./exclusions.ts";
import { errorCode, type FolderRules, type SymlinkRule } from "./folder-reader.ts";
import { HashPool } from "./hash-pool.ts";
import { HashQueue } from "./hash-queue.ts";
import { treeBlockSize } from "./hash-job.ts";
import type { Library, OpenFile, Share, SharedFile, SharePreview, ShareProblem, ShareRequest } from "./library.ts";
import { openShared } from "./open-file.ts";
import { previewShare } from "./preview.ts";
import { ShareState } from "./share-state.ts";
import { refuseOverlap, shareAlias, sharePath } from "./share-paths.ts";
import { drive } from "./time-slices.ts";

export interface LibraryOptions {
  /** Write-ahead logging is the owner's to switch on. Tables begin with `library_`. */
  readonly db: DatabaseSync;
  /** Folders that may not be shared, nor folders in them or around them: ours, with private things. */
  readonly protectedPaths?: readonly string[];
  /** May not be shared as a whole. */
  readonly home?: string;
  readonly hidden?: boolean;
  readonly symlinks?: SymlinkRule;
  /** Globs for all shares; each share may have more. */
  readonly exclude?: readonly string[];
  readonly watch?: boolean;
  /** Between two full scans; 0 is never. */
  readonly rescanMs?: number;
  /** Bytes per second read for hashing; 0 is without limit. */
  readonly hashRate?: number;
  /** Threads shared with other libraries; else the library has its own. */
  readonly hashPool?: HashPool;
  /** Look for changes made while we were not running. */
  readonly scanOnStart?: boolean;
  readonly events?: (type: string, data: Readonly<Record<string, unknown>>) => void;
  readonly now?: () => number;
}

const RESCAN_MS = 24 * 3600_000;
const HASH_RATE = 40_000_000;
/** Is a share that had gone back again? */
const VANISHED_CHECK_MS = 30_000;
/** More shares than this are a script's mistake; each has watchers and a card on a screen. */
const SHARES_MAX = 1000;

export class FileLibrary implements Library {
  private readonly options: LibraryOptions;
  private readonly catalog: Catalog;
  private readonly pool: HashPool;
  private readonly queue: HashQueue;
  private readonly states = new Map<number, ShareState>();
  private readonly now: () => number;
  private hidden: boolean;
  private symlinks: SymlinkRule;
  private exclude: readonly string[];
  private watched: boolean;
  private rescanMs: number;
  private rescanTimer: NodeJS.Timeout | undefined;
  private vanishedTimer: NodeJS.Timeout | undefined;
  private tidying: Promise<void> | undefined;
  private clearing: Promise<void> | undefined;
  private adding: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** Reads what is kept; a million files take about half a second. Nothing is offered or scanned before `start`. */
  constructor(options: LibraryOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.hidden = options.hidden ?? false;
    this.symlinks = options.symlinks ?? "never";
    this.exclude = options.exclude ?? JUNK;
    this.watched = options.watch ?? true;
    this.rescanMs = options.rescanMs ?? RESCAN_MS;
    this.catalog = new Catalog(options.db);
    this.pool = options.hashPool ?? new HashPool();
    this.queue = new HashQueue({
      catalog: this.catalog,
      pool: this.pool,
      rate: options.hashRate ?? HASH_RATE,
      root: (share) => this.states.get(share)?.hashRoot,
      onProgress: (share) => this.states.get(share)?.tellProgress(),
      onFile: (file, problem) => this.states.get(file.share)?.onHashed(file, problem),
      onIdentities: () => this.onIdentities(),
      onStopped: (why) => {
        for (const state of this.states.values()) state.onHashingStopped(why);
      },
    });
    for (const record of this.catalog.shares()) this.addState(record);
  }

  /** Ready when it resolves: what was known is offered. Scans go on behind. */
  async start(): Promise<void> {
    await Promise.all(
      Array.from(this.states.values(), async (state) => {
        if (!(await state.isThere())) state.setVanished(true);
      }),
    );
    if (this.closed) return;
    this.setRescan(this.rescanMs);
    this.vanishedTimer = setInterval(() => void this.lookForVanished(), VANISHED_CHECK_MS).unref();
    this.clearRemoved();
    for (const state of this.states.values()) {
      if (state.hasVanished || (this.options.scanOnStart ?? true)) state.scan();
      else state.watchKnown();
    }
    this.queue.wake(1);
  }

  /** Ends all work; what was found so far is kept. The database stays open: it is the owner's. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.rescanTimer);
    clearInterval(this.vanishedTimer);
    await this.adding;
    await Promise.all(Array.from(this.states.values(), (state) => state.close()));
    await this.queue.close();
    if (this.options.hashPool === undefined) await this.pool.close();
    await this.clearing;
    await this.tidying;
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Settings that change while it runs

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this.scanAll();
  }

  setSymlinks(rule: SymlinkRule): void {
    this.symlinks = rule;
    this.scanAll();
  }

  setExclude(globs: readonly string[]): void {
    this.exclude = globs;
    this.scanAll();
  }

  setWatch(watched: boolean): void {
    this.watched = watched;
    for (const state of this.states.values()) {
      state.setWatch(watched);
      if (watched) state.watchKnown();
    }
  }

  setRescan(ms: number): void {
    this.rescanMs = ms;
    clearInterval(this.rescanTimer);
    this.rescanTimer = ms > 0 ? setInterval(() => this.scanAll(), ms).unref() : undefined;
  }

  setHashRate(bytesPerSecond: number): void {
    this.queue.setRate(bytesPerSecond);
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Shares

  async preview(request: ShareRequest): Promise<SharePreview> {
    const root = await this.allowedPath(request.path);
    return previewShare(this.rules(root, request.exclude ?? []));
  }

  /** The share is scanned in the background. */
  add(request: ShareRequest): Promise<Share> {
    // One after the other: two adds of one folder at a time would not see each other.
    const added = this.adding.then(() => this.addNow(request));
    this.adding = added.catch(() => undefined);
    return added;
  }

  private async addNow(request: ShareRequest): Promise<Share> {
    const root = await this.allowedPath(request.path);
    if (this.closed) throw new ServentError("conflict", "The library is closing.", "Try again after the restart.");
    if (this.states.size >= SHARES_MAX) {
      throw new ServentError("conflict", `There are ${SHARES_MAX} shares already.`, "Share a folder around them.");
    }
    const records = Array.from(this.states.values(), (state) => state.record);
    refuseOverlap(
      root,
      records.map(({ path }) => path),
    );
    const alias = shareAlias(
      request.as,
      root,
      records.map(({ alias }) => alias),
    );
    const state = this.addState(this.catalog.addShare(root, alias, request.exclude ?? []));
    state.scan();
    this.emit("share.changed", { id: shareKey(state.record.id), change: "added" });
    return state.view();
  }

  /** Nothing of it is offered from the call on; its rows are deleted behind. */
  async remove(id: string): Promise<void> {
    const state = this.state(id);
    this.states.delete(state.record.id);
    this.catalog.removeShare(state.record.id);
    this.queue.recheck();
    this.emit("share.changed", { id, change: "removed" });
    await state.close();
    this.clearRemoved();
  }

  shares(): readonly Share[] {
    return Array.from(this.states.values(), (state) => state.view());
  }

  share(id: string): Share {
    return this.state(id).view();
  }

  problems(id: string): readonly ShareProblem[] {
    return this.state(id).problems.list();
  }

  scan(id: string): void {
    this.state(id).scan();
  }

  /** Also ends the hashing of the share, until the next scan. */
  cancelScan(id: string): void {
    this.state(id).cancel();
    this.queue.recheck();
  }

  // -------------------------------------------------------------------------------------------------------------------
  // What peers and people ask

  get version(): number {
    return this.catalog.version;
  }

  totals(): { readonly files: number; readonly bytes: number } {
    return this.catalog.totals();
  }

  match(words: string, limit: number): readonly SharedFile[] {
    return this.catalog.match(words, limit);
  }

  byIndex(index: number): SharedFile | undefined {
    return this.catalog.byIndex(index);
  }

  bySha1(sha1: Uint8Array): SharedFile | undefined {
    return this.catalog.bySha1(sha1);
  }

  /** `filter` is words, as in `match`. */
  list(offset: number, limit: number, filter = ""): { readonly items: readonly SharedFile[]; readonly total: number } {
    return this.catalog.list(offset, limit, filter);
  }

  tigerLevel(file: SharedFile): { readonly blockSize: number; readonly nodes: Uint8Array } | undefined {
    if (file.tigerRoot === undefined) return undefined;
    return this.catalog.tree(file.index) ?? { blockSize: treeBlockSize(file.size), nodes: file.tigerRoot };
  }

  open(file: SharedFile): OpenFile | undefined {
    const place = this.catalog.place(file.index);
    const state = place === undefined ? undefined : this.states.get(place.share);
    if (place === undefined || state === undefined) return undefined;
    const current = this.catalog.byIndex(file.index);
    // The caller holds on to an identity that the file has lost.
    if (current?.sha1 === undefined || file.sha1 === undefined || !equalBytes(current.sha1, file.sha1))
      return undefined;
    const fd = openShared(state.record.path, place, this.symlinks);
    if (fd !== undefined) return { file: current, fd, close: () => closeSync(fd) };
    this.catalog.withdrawFile(place.share, file.index, place.size);
    state.touch(place.folder);
    state.tellChanged();
    return undefined;
  }

  forEachWord(visit: (word: string) => void): void {
    this.catalog.forEachTerm(visit);
  }

  // -------------------------------------------------------------------------------------------------------------------

  private addState(record: ShareRecord): ShareState {
    const state = new ShareState({
      record,
      catalog: this.catalog,
      queue: this.queue,
      rules: () => this.rules(record.path, record.exclude),
      watched: this.watched,
      now: this.now,
      emit: (type, data) => this.emit(type, data),
      onChanged: () => this.tidy(),
    });
    this.states.set(record.id, state);
    return state;
  }

  private state(id: string): ShareState {
    for (const state of this.states.values()) if (shareKey(state.record.id) === id) return state;
    throw new ServentError("not_found", `There is no share ${id}.`, "List the shares with `servent share ls`.");
  }

  private rules(root: string, exclude: readonly string[]): FolderRules {
    return { root, symlinks: this.symlinks, excluded: exclusion([...this.exclude, ...exclude], this.hidden) };
  }

  private allowedPath(path: string): Promise<string> {
    const { protectedPaths = [], home = homedir() } = this.options;
    return sharePath(path, { protectedPaths, home });
  }

  private scanAll(): void {
    for (const state of this.states.values()) state.scan();
  }

  /** Disks come and go; the scan tells the rest. */
  private async lookForVanished(): Promise<void> {
    for (const state of this.states.values()) {
      if ((await state.isThere()) === state.hasVanished) state.scan();
    }
  }

  private onIdentities(): void {
    for (const state of this.states.values()) state.tellChanged();
    for (const state of this.states.values()) state.tellProgress();
  }

  private tidy(): void {
    if (!this.catalog.needsTidying || this.closed) return;
    this.tidying ??= this.inBackground(this.catalog.tidyIndex()).finally(() => {
      this.tidying = undefined;
    });
  }

  private clearRemoved(): void {
    this.clearing = (this.clearing ?? Promise.resolve()).then(() => this.inBackground(this.catalog.clearRemoved()));
  }

  /** Work that may be left at any point: it is taken up again at the next occasion, or the next start. */
  private async inBackground(steps: Generator<undefined, void, undefined>): Promise<void> {
    try {
      await drive(steps, () => this.closed);
    } catch (error) {
      if (errorCode(error) !== "ERR_SQLITE_ERROR") throw error;
    }
  }

  private emit(type: string, data: Readonly<Record<string, unknown>>): void {
    this.options.events?.(type, data);
  }
}
