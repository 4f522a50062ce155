// Facts of the shared music, read in the background and kept in the database, by content: a file that comes again is not read again.
import type { DatabaseSync } from "node:sqlite";
import { hexEncode } from "@servent/overlay/base/bytes.ts";
import type { SideWrites } from "../../base/side-writes.ts";
import type { Library, SharedFile } from "../../library/library.ts";
import { readAt } from "../../library/read-at.ts";
import { BEGINNING_BYTES, type MusicFacts, musicFacts, TAG_BYTES_MAX, tagBytes } from "./music-facts.ts";
import type { FactsSource } from "./shared-paths.ts";

/** Files that wait to be read: no more are registered anyway. */
const WAITING_MAX = 5000;
/** What was found out is told after so many files, and when none waits any more: each time changes what servers were told. */
const TELL_FILES = 200;
const TAG_HEAD_BYTES = 10;

export class MusicIndex implements FactsSource {
  version = 0;
  private readonly library: Pick<Library, "open">;
  private readonly db: DatabaseSync;
  private readonly writes: SideWrites;
  /** By SHA-1 in hexadecimal; null: no music. */
  private readonly known = new Map<string, MusicFacts | null>();
  private readonly waiting = new Map<string, SharedFile>();
  private isReading = false;
  private isClosed = false;

  constructor(library: Pick<Library, "open">, db: DatabaseSync, writes: SideWrites) {
    this.library = library;
    this.db = db;
    this.writes = writes;
    db.exec("CREATE TABLE IF NOT EXISTS napster_music (sha1 TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT");
  }

  /** What is known now; what is not is read, and `version` grows when it is. */
  of(file: SharedFile): MusicFacts | undefined {
    if (file.sha1 === undefined || !/\.mp3$/i.test(file.name)) return undefined;
    const key = hexEncode(file.sha1);
    const known = this.known.get(key) ?? this.stored(key);
    if (known !== undefined) return known ?? undefined;
    if (this.waiting.size < WAITING_MAX) this.waiting.set(key, file);
    if (!this.isReading) void this.readAll();
    return undefined;
  }

  close(): void {
    this.isClosed = true;
    this.waiting.clear();
  }

  private stored(key: string): MusicFacts | null | undefined {
    const row = this.db.prepare("SELECT facts FROM napster_music WHERE sha1 = ?").get(key);
    if (row === undefined) return undefined;
    const facts = JSON.parse(String(row["facts"])) as MusicFacts | null;
    this.known.set(key, facts);
    return facts;
  }

  private async readAll(): Promise<void> {
    this.isReading = true;
    // The caller is listing files now.
    await Promise.resolve();
    let untold = 0;
    for (const [key, file] of this.waiting) {
      const facts = await this.read(file);
      if (this.isClosed) return;
      this.waiting.delete(key);
      this.known.set(key, facts);
      this.writes.attempt(() =>
        this.db
          .prepare("INSERT OR REPLACE INTO napster_music (sha1, facts) VALUES (?, ?)")
          .run(key, JSON.stringify(facts)),
      );
      if (facts !== null && ++untold % TELL_FILES === 0) this.version++;
    }
    if (untold % TELL_FILES !== 0) this.version++;
    this.isReading = false;
  }

  private async read(file: SharedFile): Promise<MusicFacts | null> {
    let open: ReturnType<Library["open"]>;
    try {
      open = this.library.open(file);
    } catch {
      return null;
    }
    if (open === undefined) return null;
    try {
      const buffer = Buffer.allocUnsafeSlow(BEGINNING_BYTES);
      const head = buffer.subarray(0, await readAt(open.fd, buffer, TAG_HEAD_BYTES, 0));
      const skipped = tagBytes(head);
      if (skipped > TAG_BYTES_MAX) return null;
      const beginning = buffer.subarray(0, await readAt(open.fd, buffer, BEGINNING_BYTES, skipped));
      return musicFacts(beginning, file.size - skipped) ?? null;
    } finally {
      open.close();
    }
  }
}
