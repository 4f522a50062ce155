// Compares one share with the disk: all of it, or the folders that were reported as changed. It reads folder by folder
// without blocking anything else, and tells the catalog in batches.
import { stat } from "node:fs/promises";
import type { Catalog } from "./catalog.ts";
import type { FoundFolder, ShareRecord } from "./records.ts";
import { DEPTH_MAX, errorCode, errorText, type FolderContent, type FolderRules, readFolder } from "./folder-reader.ts";
import type { ShareProblem } from "./library.ts";
import type { ProblemList } from "./problem-list.ts";
import { drive } from "./time-slices.ts";

/** Files of one transaction. */
const BATCH_FILES = 512;
/** What was found is offered for hashing at the latest after this. */
const BATCH_MS = 500;
/** More changed folders than this are looked at by scanning everything. */
const TOUCHED_MAX = 1000;

export interface ScannerOptions {
  readonly catalog: Catalog;
  readonly share: ShareRecord;
  readonly rules: () => FolderRules;
  readonly problems: ProblemList;
  readonly now: () => number;
  readonly events: ScannerEvents;
}

export interface ScannerEvents {
  /** Before a folder is read: from now on its changes must be reported. */
  onFolder(path: string): void;
  onFolderGone(path: string): void;
  /** Folders have been compared; `lowest` is the lowest index of their files without identity, else infinite. */
  onTaken(lowest: number): void;
  onProgress(): void;
  /** The folder of the share is not there. */
  onVanished(): void;
  onEnded(): void;
}

class Vanished extends Error {}

export class ShareScanner {
  private readonly options: ScannerOptions;
  private readonly share: ShareRecord;
  private scan: number;
  /** The disk that the share was on when the scan at work began. */
  private device = 0;
  private fullWanted = false;
  /** Folders to look at, and whether all below them is meant too. */
  private readonly touched = new Map<string, boolean>();
  private running: Promise<void> | undefined;
  private abort = new AbortController();
  private closed = false;
  private pending: FoundFolder[] = [];
  private pendingFiles = 0;
  private flushedAt = 0;
  private found: number | undefined;

  scannedAt: string | null;
  /** The folder at work. */
  current = "";

  constructor(options: ScannerOptions) {
    this.options = options;
    this.share = options.share;
    this.scan = options.share.scan;
    this.scannedAt = options.share.scannedAt;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Files found so far by the full scan at work, if one is. */
  get filesFound(): number | undefined {
    return this.found;
  }

  /** Scans everything, now or when the scan at work has ended. */
  scanAll(): void {
    this.fullWanted = true;
    this.run();
  }

  /** Looks at one folder again, or at all below it too. */
  touch(folder: string, deep = false): void {
    if (folder === "" && deep) this.fullWanted = true;
    else if (this.touched.size < TOUCHED_MAX) this.touched.set(folder, deep || this.touched.get(folder) === true);
    else this.fullWanted = true;
    this.run();
  }

  /** Stops the scan at work; what it has found stays. */
  cancel(): void {
    this.fullWanted = false;
    this.touched.clear();
    this.abort.abort();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.running;
  }

  private run(): void {
    if (this.closed) return;
    this.running ??= this.work().finally(() => {
      this.running = undefined;
      this.found = undefined;
      this.current = "";
      if (this.fullWanted || this.touched.size > 0) this.run();
      else this.options.events.onProgress();
    });
  }

  private async work(): Promise<void> {
    this.abort = new AbortController();
    const full = this.fullWanted;
    this.fullWanted = false;
    const touched = new Map(this.touched);
    this.touched.clear();
    this.pending = [];
    this.pendingFiles = 0;
    this.found = full ? 0 : undefined;
    this.flushedAt = this.options.now();
    try {
      await this.compare(full, touched);
    } catch (error) {
      if (errorCode(error) !== "ERR_SQLITE_ERROR") throw error;
      // The disk of the database is full, mostly. The next scan finds again what could not be written.
      this.problem({ path: "", code: "unreadable", text: `The list of files cannot be written: ${errorText(error)}` });
    }
    this.options.events.onEnded();
  }

  private async compare(full: boolean, touched: ReadonlyMap<string, boolean>): Promise<void> {
    try {
      this.device = await this.rootDevice();
      if (full) await this.scanEverything();
      else for (const [folder, deep] of touched) await this.lookAgain(folder, deep);
      await this.flush();
    } catch (error) {
      if (!(error instanceof Vanished)) throw error;
      await this.vanish(error.message);
    }
  }

  private async scanEverything(): Promise<void> {
    const { catalog } = this.options;
    this.options.problems.clear();
    this.scan = catalog.beginScan(this.share.id);
    // What is gone is not seen, and forgotten at the end.
    await this.walk("", (_, content) => (content === "gone" ? [] : content.folders));
    if (this.stopped) return;
    await this.flush();
    this.scannedAt = new Date(this.options.now()).toISOString();
    await drive(catalog.endScan(this.share.id, this.scan, this.scannedAt));
  }

  /** Reads one folder and all new folders below it, or all, and forgets what is gone. */
  private async lookAgain(start: string, deep: boolean): Promise<void> {
    const { catalog } = this.options;
    const known = (folder: string): Set<string> => new Set(catalog.foldersBelow(this.share.id, folder));
    await this.walk(start, async (folder, content) => {
      this.options.problems.forgetIn(folder);
      if (content === "gone") {
        await this.checkRoot();
        await this.drop(folder);
        return [];
      }
      const below = known(folder);
      const linked = content.linkedFolders.map(({ path }) => path);
      for (const path of below.difference(new Set([...content.folders, ...linked]))) await this.drop(path);
      return deep ? content.folders : content.folders.filter((path) => !below.has(path));
    });
  }

  private async drop(folder: string): Promise<void> {
    await drive(this.options.catalog.dropFolders(this.share.id, folder));
    this.options.events.onFolderGone(folder);
  }

  /** Reads folders, beginning with `start`; `next` says which of those below a folder follow. */
  private async walk(
    start: string,
    next: (folder: string, content: FolderContent | "gone") => readonly string[] | Promise<readonly string[]>,
  ): Promise<void> {
    const stack = [start];
    const followed = new Set<string>();
    for (let path = stack.pop(); path !== undefined && !this.stopped; path = stack.pop()) {
      if (path.split("/").length > DEPTH_MAX) {
        this.problem({ path, code: "unreadable", text: `It lies more than ${DEPTH_MAX} folders deep.` });
        continue;
      }
      const content = await this.read(path);
      if (content === "unreadable") continue;
      const folders = await next(path, content);
      if (content === "gone") continue;
      // In the order of the listing: the last pushed comes first.
      stack.push(...folders.toReversed());
      for (const { path: link, target } of content.linkedFolders) {
        // Each target once, else links that lead to each other's parents would never end.
        if (followed.has(target)) continue;
        followed.add(target);
        stack.push(link);
      }
    }
  }

  /** Reads one folder and queues what is in it. Where it cannot be read, that is told here. */
  private async read(path: string): Promise<FolderContent | "gone" | "unreadable"> {
    const { catalog, events, rules } = this.options;
    this.current = path;
    events.onFolder(path);
    let content: FolderContent;
    try {
      content = await readFolder(rules(), path, this.abort.signal);
    } catch (error) {
      if (path === "") throw new Vanished(errorText(error), { cause: error });
      if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return "gone";
      this.problem({ path, code: "unreadable", text: errorText(error) });
      await drive(catalog.withdrawFolders(this.share.id, path, this.scan));
      return "unreadable";
    }
    // Half of a folder must not pass for all of it.
    if (this.stopped) return "unreadable";
    if (this.isUnmounted(content)) {
      const text = "It is empty and on another disk than before; the disk is probably not mounted.";
      if (path === "") throw new Vanished(text);
      this.problem({ path, code: "vanished", text });
      await drive(catalog.withdrawFolders(this.share.id, path, this.scan));
      return "unreadable";
    }
    for (const problem of content.problems) this.problem(problem);
    this.pending.push(content.found);
    this.pendingFiles += content.found.files.length;
    if (this.found !== undefined) this.found += content.found.files.length;
    if (this.pendingFiles >= BATCH_FILES || this.options.now() - this.flushedAt >= BATCH_MS) await this.flush();
    events.onProgress();
    return content;
  }

  /** An unplugged disk leaves its empty mount point behind. Its files are not deleted, and keep their identities. */
  private isUnmounted({ found, folders, linkedFolders, excluded }: FolderContent): boolean {
    if (found.files.length + folders.length + linkedFolders.length + excluded.length > 0) return false;
    const before = this.options.catalog.folderDevice(this.share.id, found.path);
    return before !== undefined && before !== found.device;
  }

  private async flush(): Promise<void> {
    this.flushedAt = this.options.now();
    if (this.pending.length === 0) return;
    // Were the disk pulled in the middle, its files would seem deleted. It was there after they were read: all is well.
    await this.checkRoot();
    const { catalog, events } = this.options;
    const folders = this.pending;
    this.pending = [];
    this.pendingFiles = 0;
    const seconds = Math.floor(this.options.now() / 1000);
    events.onTaken(catalog.takeFolders(this.share, this.scan, folders, seconds));
  }

  /** What is known of the files stays known; a scan that finds them unchanged offers them again. */
  private async vanish(why: string): Promise<void> {
    this.pending = [];
    this.options.events.onVanished();
    this.problem({
      path: "",
      code: "vanished",
      text: `The folder cannot be reached. ${why} Its files are remembered, and offered again when it is back.`,
    });
    await drive(this.options.catalog.withdrawFolders(this.share.id, "", this.scan), () => this.closed);
  }

  private async rootDevice(): Promise<number> {
    try {
      return (await stat(this.share.path)).dev;
    } catch (error) {
      throw new Vanished(errorText(error), { cause: error });
    }
  }

  private async checkRoot(): Promise<void> {
    if ((await this.rootDevice()) !== this.device) throw new Vanished("Its disk was changed.");
  }

  private get stopped(): boolean {
    return this.abort.signal.aborted;
  }

  private problem(problem: Omit<ShareProblem, "at">): void {
    this.options.problems.add({ ...problem, at: new Date(this.options.now()).toISOString() });
  }
}
