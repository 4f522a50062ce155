// What the catalog's rows say: files as the disk shows them, shares, and files as peers see them.
import type { SQLOutputValue } from "node:sqlite";
import type { SharedFile } from "./library.ts";

/** A regular file as the disk shows it. Unequal in any of them: not the file that was hashed. */
export interface FileStamp {
  readonly size: number;
  /** Unix milliseconds, with the fraction. */
  readonly modified: number;
  readonly inode: number;
}

export interface FoundFile extends FileStamp {
  readonly name: string;
}

export interface FoundFolder {
  /** Relative to the share, with `/`; empty for the share itself. */
  readonly path: string;
  readonly device: number;
  readonly files: readonly FoundFile[];
}

export interface Identity {
  readonly sha1: Uint8Array;
  readonly tigerRoot: Uint8Array;
  readonly blockSize: number;
  readonly nodes: Uint8Array;
}

export interface ShareRecord {
  readonly id: number;
  readonly path: string;
  readonly alias: string;
  readonly exclude: readonly string[];
  readonly scannedAt: string | null;
  /** Number of the last full scan. */
  readonly scan: number;
}

export interface UnhashedFile extends FoundFile {
  readonly index: number;
  readonly share: number;
  readonly folder: string;
}

/** Where a file is and what it looked like when it was last seen. */
export interface FilePlace extends FileStamp {
  readonly share: number;
  readonly folder: string;
  readonly name: string;
  readonly device: number;
}

export interface Totals {
  readonly files: number;
  readonly bytes: number;
}

export type Row = Record<string, SQLOutputValue>;

export function totalsOf(row: Row): Totals {
  return { files: Number(row["files"]), bytes: Number(row["bytes"]) };
}

/** A folder as peers see it. */
export function virtualPath(alias: string, folder: string): string {
  return folder === "" ? alias : `${alias}/${folder}`;
}

export function stampOf(row: Row): FileStamp {
  return { size: Number(row["size"]), modified: Number(row["modified"]), inode: Number(row["inode"]) };
}

/** False where the file was written to or replaced. */
export function isSame(row: Row, stamp: FileStamp): boolean {
  const { size, modified, inode } = stampOf(row);
  return size === stamp.size && modified === stamp.modified && inode === stamp.inode;
}

export function shareOf(row: Row): ShareRecord {
  const scannedAt = row["scanned_at"];
  return {
    id: Number(row["id"]),
    path: String(row["path"]),
    alias: String(row["alias"]),
    exclude: JSON.parse(String(row["exclude"])) as string[],
    scannedAt: typeof scannedAt === "string" ? scannedAt : null,
    scan: Number(row["scan"]),
  };
}

/** From the columns of `Statements.file`. */
export function fileOf(index: number, alias: string, row: readonly unknown[]): SharedFile {
  const [share, folder, name, size, modified, sharedAt, identity] = row as [
    number,
    string,
    string,
    number,
    number,
    number,
    Uint8Array | null,
  ];
  return {
    index,
    shareId: shareKey(share),
    virtualPath: `${virtualPath(alias, folder)}/${name}`,
    name,
    size,
    modifiedAt: Math.floor(modified),
    sharedAt,
    sha1: identity?.subarray(0, 20),
    tigerRoot: identity?.subarray(20),
  };
}

/** The id of a share as the product shows it. */
export function shareKey(share: number): string {
  return `s_${share}`;
}
