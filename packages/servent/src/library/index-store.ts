// The keyword index on disk: its finished segments as blobs, so that a start reads 50 MB instead of splitting a million
// names (0.2 s against 5 s). A merged segment is written in small transactions and counts only once it is complete.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { DocumentSet } from "./document-set.ts";
import type { IndexedRange, KeywordIndex } from "./keyword-index.ts";
import type { Segment } from "./segment.ts";

/** Bytes of one blob: small enough to write between two other things (about a millisecond). */
const PART_BYTES = 512 * 1024;

export class IndexStore {
  private readonly db: DatabaseSync;
  private readonly ids = new Map<IndexedRange, number>();
  private readonly insertPart: StatementSync;
  private readonly savePage: StatementSync;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.insertPart = db.prepare("INSERT INTO library_segment_parts (segment, part, bytes) VALUES (?, ?, ?)");
    this.savePage = db.prepare("INSERT OR REPLACE INTO library_sets (name, page, bits) VALUES (?, ?, ?)");
  }

  loadSet(name: string): DocumentSet {
    const set = new DocumentSet();
    const rows = this.db.prepare("SELECT page, bits FROM library_sets WHERE name = ?").iterate(name);
    for (const row of rows) set.loadPage(row["page"] as number, row["bits"] as Uint8Array);
    return set;
  }

  /** Writes the changed pages; inside the transaction that changes the rows. */
  saveSet(name: string, set: DocumentSet): void {
    for (const { page, bits } of set.changedPages()) this.savePage.run(name, page, bits);
  }

  /** Fills an empty index with what is kept, and clears away what a crash left half written. */
  load(index: KeywordIndex): void {
    this.db.exec(`
      DELETE FROM library_segment_parts WHERE segment NOT IN (SELECT id FROM library_segments WHERE state = 'complete');
      DELETE FROM library_segments WHERE state <> 'complete';
    `);
    const rows = this.db
      .prepare("SELECT id, first, last, tier, word_bytes, words, list_bytes FROM library_segments ORDER BY first")
      .all();
    for (const row of rows) {
      const id = Number(row["id"]);
      const words = Number(row["words"]);
      const segment = {
        base: Number(row["first"]),
        wordBytes: new Uint8Array(Number(row["word_bytes"])),
        wordEnds: new Uint32Array(words),
        listEnds: new Uint32Array(words),
        lists: new Uint8Array(Number(row["list_bytes"])),
      };
      this.read(id, segment);
      const range = { segment, first: Number(row["first"]), last: Number(row["last"]), tier: Number(row["tier"]) };
      this.ids.set(range, id);
      index.load(range);
    }
  }

  isKept(range: IndexedRange): boolean {
    return this.ids.has(range);
  }

  /** Keeps a range in place of `replaced`; drive it to its end. The index may be used and changed meanwhile. */
  *save(range: IndexedRange, replaced: readonly IndexedRange[]): Generator<undefined, void, undefined> {
    const { segment } = range;
    const { lastInsertRowid } = this.db
      .prepare(
        "INSERT INTO library_segments (first, last, tier, word_bytes, words, list_bytes, state) VALUES (?, ?, ?, ?, ?, ?, 'building')",
      )
      .run(
        range.first,
        range.last,
        range.tier,
        segment.wordBytes.length,
        segment.wordEnds.length,
        segment.lists.length,
      );
    const id = Number(lastInsertRowid);
    let part = 0;
    for (const bytes of arraysOf(segment)) {
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        this.insertPart.run(id, part++, bytes.subarray(at, at + PART_BYTES));
        yield undefined;
      }
    }
    const old = replaced.flatMap((one) => this.ids.get(one) ?? []);
    const retire = this.db.prepare("UPDATE library_segments SET state = 'old' WHERE id = ?");
    this.db.exec("BEGIN IMMEDIATE");
    this.db.prepare("UPDATE library_segments SET state = 'complete' WHERE id = ?").run(id);
    for (const one of old) retire.run(one);
    this.db.exec("COMMIT");
    this.ids.set(range, id);
    for (const one of replaced) this.ids.delete(one);
    const deletePart = this.db.prepare(
      "DELETE FROM library_segment_parts WHERE segment = ?1 AND part = (SELECT max(part) FROM library_segment_parts WHERE segment = ?1)",
    );
    for (const one of old) {
      while (deletePart.run(one).changes > 0) yield undefined;
      this.db.prepare("DELETE FROM library_segments WHERE id = ?").run(one);
    }
  }

  private read(id: number, segment: Segment): void {
    const select = this.db.prepare("SELECT bytes FROM library_segment_parts WHERE segment = ? AND part = ?");
    let part = 0;
    for (const bytes of arraysOf(segment)) {
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        bytes.set(select.get(id, part++)?.["bytes"] as Uint8Array, at);
      }
    }
  }
}

/** The four arrays of a segment as bytes, in the order in which they are kept. */
function arraysOf(segment: Segment): Uint8Array[] {
  return [segment.wordBytes, segment.wordEnds, segment.listEnds, segment.lists].map(
    (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  );
}
