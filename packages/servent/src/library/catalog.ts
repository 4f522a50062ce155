// What the library knows, in SQLite and in memory: shares, folders, files with their identities, which of them are
// offered, and the keyword index. A million files are rows and bits here, never a million objects.
//
// Everything is synchronous and each change is one transaction: after a kill -9 rows, bit maps and counts agree.
// It never looks at the disk: scanner.ts tells it what is there, hash-queue.ts what is inside.
import type { DatabaseSync } from "node:sqlite";
import { concatBytes } from "@servent/overlay/base/bytes.ts";
import type { DocumentSet } from "./document-set.ts";
import { IndexStore } from "./index-store.ts";
import { KeywordIndex } from "./keyword-index.ts";
import type { SharedFile } from "./library.ts";
import {
  type FilePlace,
  fileOf,
  type FoundFile,
  type FoundFolder,
  type Identity,
  isSame,
  type Row,
  type ShareRecord,
  shareOf,
  stampOf,
  type Totals,
  totalsOf,
  type UnhashedFile,
  virtualPath,
} from "./records.ts";
import { migrateLibrary } from "./schema.ts";
import { prepareStatements, type Statements } from "./statements.ts";
import { nameTerms, queryTerms } from "./words.ts";

export class Catalog {
  private readonly db: DatabaseSync;
  private readonly sql: Statements;
  private readonly store: IndexStore;
  private readonly index = new KeywordIndex();
  private readonly known: DocumentSet;
  private readonly offered: DocumentSet;
  /** Offered files per share; written with each change, so that a start need not count. */
  private counts = new Map<number, Totals>();
  private unhashedCounts = new Map<number, Totals>();
  /** The shares of which something is offered, by alias. Of others nothing is, whatever the bit map says. */
  private readonly aliases = new Map<number, string>();
  /** Names to be indexed once the transaction that gave them their ids is through. */
  private added: { readonly id: number; readonly folder: ReadonlySet<string>; readonly name: string }[] = [];
  private changes = 0;

  constructor(db: DatabaseSync) {
    migrateLibrary(db);
    this.db = db;
    this.sql = prepareStatements(db);
    this.store = new IndexStore(db);
    this.known = this.store.loadSet("known");
    this.offered = this.store.loadSet("offered");
    this.store.load(this.index);
    this.readTail();
    for (const row of db.prepare("SELECT id, files, bytes FROM library_shares").all()) {
      this.counts.set(Number(row["id"]), totalsOf(row));
    }
    for (const { id, alias } of this.shares()) this.aliases.set(id, alias);
    for (const row of this.sql.unhashedTotals.all()) this.unhashedCounts.set(Number(row["share"]), totalsOf(row));
  }

  /** Grows with every change of what is offered. */
  get version(): number {
    return this.changes;
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Shares

  shares(): ShareRecord[] {
    return this.db.prepare("SELECT * FROM library_shares WHERE removed = 0 ORDER BY id").all().map(shareOf);
  }

  addShare(path: string, alias: string, exclude: readonly string[]): ShareRecord {
    const { lastInsertRowid } = this.db
      .prepare("INSERT INTO library_shares (path, alias, exclude) VALUES (?, ?, ?)")
      .run(path, alias, JSON.stringify(exclude));
    const id = Number(lastInsertRowid);
    this.aliases.set(id, alias);
    return { id, path, alias, exclude, scannedAt: null, scan: 0 };
  }

  /** From now on the share offers nothing and is not listed; `clearRemoved` deletes its rows. */
  removeShare(id: number): void {
    // The names become free at once; a blank and the id keep them unique.
    this.db.prepare("UPDATE library_shares SET removed = 1, path = ' ' || id, alias = ' ' || id WHERE id = ?").run(id);
    this.aliases.delete(id);
    this.changes++;
  }

  /** Deletes the rows of removed shares, a few at a time; drive it to its end. A crash loses nothing: call it again. */
  *clearRemoved(): Generator<undefined, void, undefined> {
    for (const row of this.db.prepare("SELECT id FROM library_shares WHERE removed = 1").all()) {
      const share = Number(row["id"]);
      const folders = this.db.prepare("SELECT id FROM library_folders WHERE share = ? LIMIT 64");
      for (let some = folders.all(share); some.length > 0; some = folders.all(share)) {
        for (const folder of some) {
          this.write(() => this.deleteFolder(share, Number(folder["id"])));
          yield undefined;
        }
      }
      this.db.prepare("DELETE FROM library_shares WHERE id = ?").run(share);
      this.counts.delete(share);
      this.unhashedCounts.delete(share);
    }
  }

  /** A share that has gone offers nothing, but all that is known of it is kept. */
  setOnline(share: ShareRecord, online: boolean): void {
    if (this.aliases.has(share.id) === online) return;
    if (online) this.aliases.set(share.id, share.alias);
    else this.aliases.delete(share.id);
    this.changes++;
  }

  offeredIn(share: number): Totals {
    return (this.aliases.has(share) ? this.counts.get(share) : undefined) ?? { files: 0, bytes: 0 };
  }

  totals(): Totals {
    const shares = Array.from(this.aliases.keys(), (share) => this.offeredIn(share));
    return {
      files: shares.reduce((sum, share) => sum + share.files, 0),
      bytes: shares.reduce((sum, share) => sum + share.bytes, 0),
    };
  }

  /** Files without identity. */
  unhashedIn(share: number): Totals {
    return this.unhashedCounts.get(share) ?? { files: 0, bytes: 0 };
  }

  // -------------------------------------------------------------------------------------------------------------------
  // What the scanner tells

  /** Begins a full scan: its number marks the folders that were seen. */
  beginScan(share: number): number {
    const scan = Number(this.db.prepare("SELECT scan FROM library_shares WHERE id = ?").get(share)?.["scan"]) + 1;
    this.db.prepare("UPDATE library_shares SET scan = ? WHERE id = ?").run(scan, share);
    return scan;
  }

  /**
   * Takes over what is in some folders: new files get a row, changed ones lose their identity, missing ones their row.
   * Answers the lowest index among the files that have no identity, new or not; infinite where all have.
   */
  takeFolders(share: ShareRecord, scan: number, folders: readonly FoundFolder[], nowSeconds: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    this.write(() => {
      for (const folder of folders) {
        const folderId = Number(this.sql.upsertFolder.get(share.id, folder.path, folder.device, scan)?.["id"]);
        // A dozen files share a folder's words.
        const terms = nameTerms(virtualPath(share.alias, folder.path));
        const rows = new Map(this.sql.filesOfFolder.all(folderId).map((row) => [String(row["name"]), row]));
        for (const file of folder.files) {
          const row = rows.get(file.name);
          rows.delete(file.name);
          const index =
            row === undefined ? this.insertFile(share.id, folderId, terms, file, nowSeconds) : Number(row["id"]);
          if (row !== undefined && isSame(row, file)) {
            if (row["hashed"] === 1) {
              this.offer(share.id, index, file.size);
              continue;
            }
          } else if (row !== undefined) this.forgetIdentity(share.id, row, file);
          lowest = Math.min(lowest, index);
        }
        for (const row of rows.values()) this.deleteFile(share.id, row);
      }
    });
    return lowest;
  }

  /** The device a known folder was on at the last look. */
  folderDevice(share: number, folder: string): number | undefined {
    const row = this.sql.folderDevice.get(share, folder);
    return row === undefined ? undefined : Number(row["device"]);
  }

  /** Folders directly below `folder` that are known. */
  foldersBelow(share: number, folder: string): string[] {
    const start = folder === "" ? 0 : folder.length + 1;
    return this.sql.foldersUnder
      .all(share, folder)
      .map((row) => String(row["path"]))
      .filter((path) => path !== folder && path !== "" && !path.includes("/", start));
  }

  /** All known folders of a share, at most `limit`. */
  folders(share: number, limit: number): string[] {
    const rows = this.db
      .prepare("SELECT path FROM library_folders WHERE share = ? ORDER BY path LIMIT ?")
      .all(share, limit);
    return rows.map((row) => String(row["path"]));
  }

  /** Forgets a folder that is gone and all below it. */
  *dropFolders(share: number, folder: string): Generator<undefined, void, undefined> {
    for (const row of this.sql.foldersUnder.all(share, folder)) {
      this.write(() => this.deleteFolder(share, Number(row["id"])));
      yield undefined;
    }
  }

  /** Offers no file of a folder and below, but keeps what is known of them, and counts them as seen. */
  *withdrawFolders(share: number, folder: string, scan: number): Generator<undefined, void, undefined> {
    for (const row of this.sql.foldersUnder.all(share, folder)) {
      const id = Number(row["id"]);
      this.write(() => {
        this.sql.markFolder.run(scan, id);
        for (const file of this.sql.filesOfFolder.all(id)) {
          this.withdraw(share, Number(file["id"]), Number(file["size"]));
        }
      });
      yield undefined;
    }
  }

  /** Ends a full scan: folders that it did not see are gone. */
  *endScan(share: number, scan: number, scannedAt: string): Generator<undefined, void, undefined> {
    const unseen = this.db.prepare("SELECT id FROM library_folders WHERE share = ? AND scan <> ?").all(share, scan);
    for (const row of unseen) {
      this.write(() => this.deleteFolder(share, Number(row["id"])));
      yield undefined;
    }
    this.db.prepare("UPDATE library_shares SET scanned_at = ? WHERE id = ?").run(scannedAt, share);
  }

  // -------------------------------------------------------------------------------------------------------------------
  // What the hash queue asks and tells

  /** The next files without identity behind `after`, by index. */
  unhashed(after: number, limit: number): UnhashedFile[] {
    return this.sql.unhashed.all(after, limit).map((row) => ({
      index: Number(row["id"]),
      share: Number(row["share"]),
      folder: String(row["folder"]),
      name: String(row["name"]),
      ...stampOf(row),
    }));
  }

  /** Takes over identities that were computed; one whose file was seen with another stamp meanwhile is dropped. */
  takeIdentities(found: readonly { readonly file: UnhashedFile; readonly identity: Identity }[]): void {
    this.write(() => {
      for (const { file, identity } of found) {
        const row = this.sql.stampOfFile.get(file.index);
        if (row === undefined || row["hashed"] === 1 || !isSame(row, file)) continue;
        addTo(this.unhashedCounts, file.share, -1, -file.size);
        this.sql.setIdentity.run(concatBytes([identity.sha1, identity.tigerRoot]), file.index);
        // The root alone is in the row already.
        if (identity.nodes.length > identity.tigerRoot.length) {
          this.sql.setTree.run(file.index, identity.blockSize, identity.nodes);
        }
        this.offer(file.share, file.index, file.size);
      }
    });
  }

  // -------------------------------------------------------------------------------------------------------------------
  // What peers and people ask

  match(words: string, limit: number): SharedFile[] {
    return this.filesAt(this.index.match(queryTerms(words), limit, this.offered));
  }

  byIndex(index: number): SharedFile | undefined {
    if (!this.offered.has(index)) return undefined;
    // The statement gives arrays, which its type does not know.
    const row: unknown = this.sql.file.get(index);
    if (!Array.isArray(row)) return undefined;
    const alias = this.aliases.get(row[0] as number);
    return alias === undefined ? undefined : fileOf(index, alias, row);
  }

  bySha1(sha1: Uint8Array): SharedFile | undefined {
    for (const row of this.sql.filesBySha1.iterate(sha1)) {
      const file = this.byIndex(Number(row["id"]));
      if (file !== undefined) return file;
    }
    return undefined;
  }

  list(offset: number, limit: number, filter: string): { items: SharedFile[]; total: number } {
    if (filter.trim() === "") {
      return { items: this.filesAt(this.offered.slice(offset, limit)), total: this.totals().files };
    }
    const all = this.index.match(queryTerms(filter), Number.POSITIVE_INFINITY, this.offered);
    return { items: this.filesAt(all.slice(offset, offset + limit)), total: all.length };
  }

  tree(index: number): { blockSize: number; nodes: Uint8Array } | undefined {
    const row = this.sql.tree.get(index);
    if (row === undefined) return undefined;
    return { blockSize: Number(row["block_size"]), nodes: row["nodes"] as Uint8Array };
  }

  place(index: number): FilePlace | undefined {
    const row = this.sql.place.get(index);
    if (row === undefined) return undefined;
    return {
      share: Number(row["share"]),
      folder: String(row["folder"]),
      name: String(row["name"]),
      device: Number(row["device"]),
      ...stampOf(row),
    };
  }

  /** Offers a file no longer, until a scan has seen it unchanged or it has been hashed again. */
  withdrawFile(share: number, index: number, size: number): void {
    this.write(() => this.withdraw(share, index, size));
  }

  forEachTerm(visit: (term: string) => void): void {
    this.index.forEachTerm(this.offered, visit);
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The index on disk

  /** Seals, merges and writes the index as far as needed; drive it to its end, one run at a time. */
  *tidyIndex(): Generator<undefined, void, undefined> {
    if (this.index.tailIsFull) this.index.seal();
    // In order, and again where the disk was full the last time: what comes before a kept range counts as kept.
    for (const range of this.index.sealed) {
      if (!this.store.isKept(range)) yield* this.store.save(range, []);
    }
    for (let group = this.index.mergeable(); group.length > 0; group = this.index.mergeable()) {
      const merged = yield* this.index.merge(group, this.known);
      yield* this.store.save(merged, group);
      this.index.replace(group, merged);
    }
  }

  get needsTidying(): boolean {
    return this.index.tailIsFull;
  }

  private readTail(): void {
    const rows = this.db
      .prepare(
        `SELECT f.id AS id, s.alias || '/' || iif(d.path = '', '', d.path || '/') || f.name AS path
         FROM library_files f JOIN library_folders d ON d.id = f.folder JOIN library_shares s ON s.id = d.share
         WHERE f.id > ? ORDER BY f.id`,
      )
      .iterate(this.index.last);
    for (const row of rows) this.index.add(Number(row["id"]), nameTerms(String(row["path"])));
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Inside a transaction

  private write(change: () => void): void {
    const { changes } = this;
    const counts = new Map(this.counts);
    const unhashedCounts = new Map(this.unhashedCounts);
    this.db.exec("BEGIN IMMEDIATE");
    try {
      change();
      this.store.saveSet("known", this.known);
      this.store.saveSet("offered", this.offered);
      for (const [share, now] of this.counts) {
        if (now !== counts.get(share)) this.sql.setCounts.run(now.files, now.bytes, share);
      }
      this.db.exec("COMMIT");
    } catch (error) {
      // A full disk, mostly. Memory must not say more than the disk.
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      this.known.undo();
      this.offered.undo();
      this.counts = counts;
      this.unhashedCounts = unhashedCounts;
      this.changes = changes;
      this.added = [];
      throw error;
    }
    this.known.keep();
    this.offered.keep();
    for (const { id, folder, name } of this.added) this.index.add(id, nameTerms(name).union(folder));
    this.added = [];
  }

  private insertFile(
    share: number,
    folder: number,
    folderTerms: ReadonlySet<string>,
    { name, size, modified, inode }: FoundFile,
    nowSeconds: number,
  ): number {
    const id = Number(this.sql.insertFile.run(folder, name, size, modified, inode, nowSeconds).lastInsertRowid);
    this.known.add(id);
    addTo(this.unhashedCounts, share, 1, size);
    this.added.push({ id, folder: folderTerms, name });
    return id;
  }

  private forgetIdentity(share: number, row: Row, file: FoundFile): void {
    this.leave(share, row);
    addTo(this.unhashedCounts, share, 1, file.size);
    const index = Number(row["id"]);
    this.sql.deleteTree.run(index);
    this.sql.restamp.run(file.size, file.modified, file.inode, index);
  }

  private deleteFile(share: number, row: Row): void {
    this.leave(share, row);
    const index = Number(row["id"]);
    this.known.delete(index);
    this.sql.deleteTree.run(index);
    this.sql.deleteFile.run(index);
  }

  /** The file as it was counts no longer, neither as offered nor as unhashed. */
  private leave(share: number, row: Row): void {
    const size = Number(row["size"]);
    this.withdraw(share, Number(row["id"]), size);
    if (row["hashed"] === 0) addTo(this.unhashedCounts, share, -1, -size);
  }

  private deleteFolder(share: number, folder: number): void {
    for (const row of this.sql.filesOfFolder.all(folder)) this.deleteFile(share, row);
    this.sql.deleteFolder.run(folder);
  }

  private offer(share: number, index: number, size: number): void {
    if (!this.offered.add(index)) return;
    addTo(this.counts, share, 1, size);
    this.changes++;
  }

  private withdraw(share: number, index: number, size: number): void {
    if (!this.offered.delete(index)) return;
    addTo(this.counts, share, -1, -size);
    this.changes++;
  }

  private filesAt(indexes: readonly number[]): SharedFile[] {
    return indexes.flatMap((index) => this.byIndex(index) ?? []);
  }
}

function addTo(counts: Map<number, Totals>, share: number, files: number, bytes: number): void {
  const held = counts.get(share) ?? { files: 0, bytes: 0 };
  counts.set(share, { files: held.files + files, bytes: held.bytes + bytes });
}
