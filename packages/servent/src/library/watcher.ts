// Tells which folders of a share have changed. Node's own recursive watching opens a handle per *file* on Linux and reads
// the tree without a break, so there each folder is watched by itself; elsewhere the system watches a whole tree.
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { errorCode, errorText } from "./folder-reader.ts";

/** Watched folders of one share: each costs a kernel handle (8192 per user on older systems) and a kilobyte here. */
const FOLDERS_MAX = 4096;
/** Changes come in flocks; look when it has been quiet for a moment, or when it has not been quiet for long. */
const QUIET_MS = 400;
const PATIENCE_MS = 4_000;
/** Changed folders remembered by name until then. */
const CHANGED_MAX = 1000;

export interface ChangedFolders {
  /** Something directly in them has changed. */
  readonly folders: readonly string[];
  /** They have come, gone or been replaced: all below them counts as changed. */
  readonly trees: readonly string[];
}

export interface WatcherOptions {
  readonly root: string;
  /** Paths relative to the share. */
  readonly onChanged: (changed: ChangedFolders) => void;
  /** Watching has ended, and why; changes are seen at the next scan. */
  readonly onGivenUp: (note: string) => void;
  /** True where one handle covers a tree. */
  readonly recursive?: boolean;
  readonly foldersMax?: number;
}

export class ShareWatcher {
  static readonly foldersMax = FOLDERS_MAX;
  private readonly options: WatcherOptions;
  private readonly recursive: boolean;
  private readonly foldersMax: number;
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly changed = new Set<string>();
  private readonly changedTrees = new Set<string>();
  private firstChange = 0;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(options: WatcherOptions) {
    this.options = options;
    this.recursive = options.recursive ?? process.platform !== "linux";
    this.foldersMax = options.foldersMax ?? FOLDERS_MAX;
  }

  /** Watches a folder, not those below it. Again is no matter. */
  add(folder: string): void {
    if (this.over || this.watchers.has(folder) || (this.recursive && folder !== "")) return;
    if (this.watchers.size >= this.foldersMax) {
      this.giveUp(`The share has more than ${this.foldersMax} folders; changes are seen at the next scan.`);
      return;
    }
    try {
      const watcher = watch(join(this.options.root, folder), { persistent: false, recursive: this.recursive });
      watcher.on("change", (kind, name) => this.onChange(folder, kind, typeof name === "string" ? name : ""));
      watcher.on("error", (error) => this.onError(folder, error));
      this.watchers.set(folder, watcher);
    } catch (error) {
      this.onError(folder, error);
    }
  }

  /** Stops watching a folder and all below it. */
  remove(folder: string): void {
    for (const [path, watcher] of this.watchers) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.watchers.delete(path);
    }
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private onChange(folder: string, kind: string, name: string): void {
    if (this.over) return;
    if (this.changed.size === 0) this.firstChange = performance.now();
    const path = folder === "" ? name : `${folder}/${name}`;
    if (this.changed.size + this.changedTrees.size >= CHANGED_MAX) this.changedTrees.add("");
    else if (this.recursive) this.changed.add(parentOf(name));
    else {
      this.changed.add(folder);
      // A handle follows its folder when that is moved, and is dead when it was deleted. Both end here.
      if (kind === "rename" && this.watchers.has(path)) {
        this.remove(path);
        this.changedTrees.add(path);
      }
    }
    const waited = performance.now() - this.firstChange;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), Math.max(0, Math.min(QUIET_MS, PATIENCE_MS - waited))).unref();
  }

  private tell(): void {
    const changed = { folders: [...this.changed], trees: [...this.changedTrees] };
    this.changed.clear();
    this.changedTrees.clear();
    this.options.onChanged(changed);
  }

  private onError(folder: string, error: unknown): void {
    const code = errorCode(error);
    // The folder is gone: the one above tells about it. The share itself is looked at by the scan.
    if (folder !== "" && (code === "ENOENT" || code === "EPERM" || code === "EACCES" || code === "ENOTDIR")) {
      this.remove(folder);
      return;
    }
    const full = code === "ENOSPC" || code === "EMFILE" || code === "ENFILE";
    this.giveUp(
      full
        ? "The system has no more handles to watch folders with; changes are seen at the next scan."
        : `Folders cannot be watched (${errorText(error)}); changes are seen at the next scan.`,
    );
  }

  private giveUp(note: string): void {
    if (this.over) return;
    this.close();
    this.options.onGivenUp(note);
  }
}

function parentOf(path: string): string {
  const parts = path.split(/[\\/]/);
  return parts.slice(0, -1).join("/");
}
