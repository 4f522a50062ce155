// What we have and offer: shared folders, the identities of their files, and the keyword index over their names.

export interface ShareRequest {
  readonly path: string;
  /** The name under which peers see the folder. */
  readonly as?: string;
  readonly exclude?: readonly string[];
}

export interface ScanProgress {
  readonly state: "idle" | "scanning" | "hashing";
  readonly filesFound: number;
  readonly filesHashed: number;
  readonly bytesHashed: number;
  readonly bytesToHash: number;
  /** The folder or file at work, relative to the share; empty when idle. */
  readonly current: string;
}

export interface Share {
  readonly id: string;
  readonly path: string;
  readonly as: string;
  readonly exclude: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** RFC 3339, or null before the first scan ended. */
  readonly scannedAt: string | null;
  readonly progress: ScanProgress;
  readonly problems: number;
  /** Changes on disk are seen at once; false: only at the next scan, and `watchNote` says why. */
  readonly watched: boolean;
  readonly watchNote: string;
}

export interface ShareProblem {
  readonly path: string;
  readonly code: "unreadable" | "changed_while_hashing" | "bad_name" | "vanished" | "outside";
  readonly text: string;
  readonly at: string;
}

export interface SharePreview {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly largest: readonly { readonly path: string; readonly size: number }[];
  readonly excluded: readonly { readonly path: string; readonly why: string }[];
  /** True where the folder is larger than one preview counts. */
  readonly truncated: boolean;
}

/** A file that we offer. Peers see `virtualPath` and `name` only. */
export interface SharedFile {
  /** Stable while the file stays; also the index in Gnutella's hits. Never 0. */
  readonly index: number;
  readonly shareId: string;
  /** Share alias, then folders and name, with `/`. */
  readonly virtualPath: string;
  readonly name: string;
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
  /** When it was first seen, Unix seconds. */
  readonly sharedAt: number;
  /** Raw 20 bytes; undefined until hashed. Only hashed files are offered to peers. */
  readonly sha1: Uint8Array | undefined;
  /** Raw 24 bytes: root of the Tiger tree. */
  readonly tigerRoot: Uint8Array | undefined;
}

/** An open shared file. The path was checked again (real path, device, inode, size, time) when it was opened. */
export interface OpenFile {
  readonly file: SharedFile;
  /** A descriptor for positional reads; `close` it. */
  readonly fd: number;
  close(): void;
}

/** ServentError codes: share_refused, share_unreadable, not_found, conflict. */
export interface Library {
  preview(request: ShareRequest): Promise<SharePreview>;
  add(request: ShareRequest): Promise<Share>;
  remove(id: string): Promise<void>;
  shares(): readonly Share[];
  share(id: string): Share;
  problems(id: string): readonly ShareProblem[];
  scan(id: string): void;
  cancelScan(id: string): void;

  /** Files and bytes that are offered now: scanned and hashed. */
  totals(): { readonly files: number; readonly bytes: number };
  /** All words must occur in name or folders; case, accents and width folded. At most `limit`. */
  match(words: string, limit: number): readonly SharedFile[];
  byIndex(index: number): SharedFile | undefined;
  bySha1(sha1: Uint8Array): SharedFile | undefined;
  list(
    offset: number,
    limit: number,
    filter?: string,
  ): { readonly items: readonly SharedFile[]; readonly total: number };
  /** The Tiger-tree nodes at the level whose blocks are `blockSize`, or the deepest kept; undefined until hashed. */
  tigerLevel(file: SharedFile): { readonly blockSize: number; readonly nodes: Uint8Array } | undefined;
  /** Undefined where the file is gone or changed since it was hashed; it is then no longer offered. Throws when the system has no descriptor left. */
  open(file: SharedFile): OpenFile | undefined;
  /** Distinct folded words of all offered names, for query routing tables; calls back for each. */
  forEachWord(visit: (word: string) => void): void;
  /** Grows with every change of what is offered. */
  readonly version: number;
}
