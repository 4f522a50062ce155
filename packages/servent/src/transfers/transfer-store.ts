// Downloads in the database: what is wanted, from whom, how far it came, and why. Where the bytes are is beside the
// incomplete files, so nothing here is written per piece.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Source } from "../networks/network.ts";
import { rfc3339 } from "./clock.ts";
import type { Priority, TransferReason, TransferState, TransferView, WhyFact } from "./transfer.ts";

/** One download as it is stored. */
export interface DownloadRow {
  readonly id: string;
  readonly name: string;
  readonly size: number | undefined;
  readonly urns: readonly string[];
  /** Folder to save into; undefined: the configured one. */
  readonly to: string | undefined;
  readonly priority: Priority;
  /** Place in the queue: lower comes first. */
  readonly place: number;
  readonly state: TransferState;
  readonly reason: TransferReason | null;
  readonly text: string;
  readonly bytesDone: number;
  readonly verified: TransferView["verified"];
  /** The final path once it is chosen; the file is there when `state` is `done`. */
  readonly path: string | undefined;
  /** Unix milliseconds. */
  readonly addedAt: number;
  readonly changedAt: number;
}

export interface SourceRow {
  readonly number: number;
  readonly source: Source;
  readonly bytes: number;
  /** Why it is not asked any more; empty: it is. */
  readonly dropped: string;
  readonly isLiar: boolean;
}

export interface StoredDownload {
  readonly row: DownloadRow;
  readonly sources: readonly SourceRow[];
  readonly facts: readonly WhyFact[];
}

/** As the row alone shows it: without what its sources do now. */
export function viewOfRow(row: DownloadRow): TransferView {
  return {
    id: row.id,
    direction: "down",
    name: row.name,
    state: row.state,
    reason: row.reason,
    text: row.text,
    size: row.size ?? null,
    bytesDone: row.bytesDone,
    rate: 0,
    leftMs: null,
    urns: row.urns,
    priority: row.priority,
    sources: [],
    verified: row.verified,
    path: row.state === "done" ? (row.path ?? null) : null,
    peer: null,
    addedAt: rfc3339(row.addedAt),
    changedAt: rfc3339(row.changedAt),
  };
}

type Columns = Readonly<Record<string, string | number | bigint | null | Uint8Array>>;

export class TransferStore {
  private readonly db: DatabaseSync;
  private readonly putRow: StatementSync;
  private readonly putSource: StatementSync;
  private readonly sourcesOf: StatementSync;

  constructor(db: DatabaseSync) {
    this.db = db;
    db.exec(`
      CREATE TABLE IF NOT EXISTS transfers (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER, urns TEXT NOT NULL, folder TEXT, priority TEXT NOT NULL,
        place REAL NOT NULL, state TEXT NOT NULL, reason TEXT, text TEXT NOT NULL, bytes_done INTEGER NOT NULL,
        verified TEXT, path TEXT, added_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, facts TEXT NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS transfer_sources (
        transfer TEXT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE, number INTEGER NOT NULL, source TEXT NOT NULL,
        bytes INTEGER NOT NULL, dropped TEXT NOT NULL, liar INTEGER NOT NULL, PRIMARY KEY (transfer, number)
      ) STRICT, WITHOUT ROWID;
    `);
    this.putRow = db.prepare(`
      INSERT INTO transfers (id, name, size, urns, folder, priority, place, state, reason, text, bytes_done, verified, path, added_at, changed_at, facts)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, size = excluded.size, urns = excluded.urns, folder = excluded.folder,
        priority = excluded.priority, place = excluded.place, state = excluded.state, reason = excluded.reason,
        text = excluded.text, bytes_done = excluded.bytes_done, verified = excluded.verified, path = excluded.path,
        changed_at = excluded.changed_at, facts = excluded.facts`);
    this.sourcesOf = db.prepare("SELECT * FROM transfer_sources WHERE transfer = ? ORDER BY number");
    this.putSource = db.prepare(`INSERT OR REPLACE INTO transfer_sources VALUES (?, ?, ?, ?, ?, ?)`);
  }

  /** All that may still go on, in the order of the queue. */
  loadOpen(): readonly StoredDownload[] {
    const rows = this.db.prepare(`SELECT * FROM transfers WHERE NOT ${CLOSED} ORDER BY place`).all();
    return rows.map((columns) => this.withDetails(columns));
  }

  /** Those that will never change again, the latest last, after forgetting all that ended before `oldest`. */
  loadClosed(oldest: number): readonly DownloadRow[] {
    this.db.exec("SAVEPOINT forget_transfers");
    this.db
      .prepare(
        `DELETE FROM transfer_sources WHERE transfer IN (SELECT id FROM transfers WHERE ${CLOSED} AND changed_at < ?)`,
      )
      .run(oldest);
    this.db.prepare(`DELETE FROM transfers WHERE ${CLOSED} AND changed_at < ?`).run(oldest);
    this.db.exec("RELEASE forget_transfers");
    const rows = this.db.prepare(`SELECT ${COLUMNS} FROM transfers WHERE ${CLOSED} ORDER BY changed_at`).all();
    return rows.map(rowOf);
  }

  /** Undefined: there is none of this id. */
  loadOne(id: string): StoredDownload | undefined {
    const columns = this.db.prepare("SELECT * FROM transfers WHERE id = ?").get(id);
    return columns === undefined ? undefined : this.withDetails(columns);
  }

  /** All in one step: either everything is stored or nothing. */
  saveAll(downloads: readonly StoredDownload[]): void {
    if (downloads.length === 0) return;
    this.db.exec("SAVEPOINT save_transfers");
    try {
      for (const download of downloads) this.save(download);
      this.db.exec("RELEASE save_transfers");
    } catch (error) {
      this.db.exec("ROLLBACK TO save_transfers; RELEASE save_transfers");
      throw error;
    }
  }

  private withDetails(columns: Columns): StoredDownload {
    const row = rowOf(columns);
    const sources = this.sourcesOf.all(row.id).map(sourceOf);
    return { row, sources, facts: JSON.parse(String(columns["facts"])) as WhyFact[] };
  }

  private save({ row, sources, facts }: StoredDownload): void {
    this.putRow.run(
      row.id,
      row.name,
      row.size ?? null,
      JSON.stringify(row.urns),
      row.to ?? null,
      row.priority,
      row.place,
      row.state,
      row.reason,
      row.text,
      row.bytesDone,
      row.verified,
      row.path ?? null,
      row.addedAt,
      row.changedAt,
      JSON.stringify(facts),
    );
    for (const { number, source, bytes, dropped, isLiar } of sources) {
      this.putSource.run(row.id, number, JSON.stringify(source), bytes, dropped, isLiar ? 1 : 0);
    }
  }

  remove(id: string): void {
    this.db.prepare("DELETE FROM transfer_sources WHERE transfer = ?").run(id);
    this.db.prepare("DELETE FROM transfers WHERE id = ?").run(id);
  }
}

/** Done or cancelled: what failed may still go on. */
const CLOSED = "state IN ('done', 'cancelled')";
/** Of a row without its history. */
const COLUMNS =
  "id, name, size, urns, folder, priority, place, state, reason, text, bytes_done, verified, path, added_at, changed_at";

function rowOf(columns: Columns): DownloadRow {
  return {
    id: String(columns["id"]),
    name: String(columns["name"]),
    size: columns["size"] === null ? undefined : Number(columns["size"]),
    urns: JSON.parse(String(columns["urns"])) as string[],
    to: columns["folder"] === null ? undefined : String(columns["folder"]),
    priority: String(columns["priority"]) as Priority,
    place: Number(columns["place"]),
    state: String(columns["state"]) as TransferState,
    reason: columns["reason"] === null ? null : (String(columns["reason"]) as TransferReason),
    text: String(columns["text"]),
    bytesDone: Number(columns["bytes_done"]),
    verified: columns["verified"] === null ? null : (String(columns["verified"]) as TransferView["verified"]),
    path: columns["path"] === null ? undefined : String(columns["path"]),
    addedAt: Number(columns["added_at"]),
    changedAt: Number(columns["changed_at"]),
  };
}

function sourceOf(columns: Columns): SourceRow {
  return {
    number: Number(columns["number"]),
    source: JSON.parse(String(columns["source"])) as Source,
    bytes: Number(columns["bytes"]),
    dropped: String(columns["dropped"]),
    isLiar: Number(columns["liar"]) === 1,
  };
}
