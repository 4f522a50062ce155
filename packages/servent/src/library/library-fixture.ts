// What the library's tests need: a folder and a database of their own, and waiting for what the library tells.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { FileLibrary, type LibraryOptions } from "./file-library.ts";
import { HashPool } from "./hash-pool.ts";

/** Longer than any wait on a busy machine; only a failing test sees it. */
const PATIENCE_MS = 15_000;

export class LibraryFixture {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "library-")));
  readonly root = join(this.folder, "shared");
  readonly pool = new HashPool({ threads: 1 });
  readonly events: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[] = [];
  private readonly opened: { library: FileLibrary; db: DatabaseSync }[] = [];

  constructor() {
    mkdirSync(this.root);
  }

  /** Writes a file into the shared folder, with the folders that it needs; answers its path. */
  write(name: string, content: string | Uint8Array = name): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  openDatabase(): DatabaseSync {
    const db = new DatabaseSync(join(this.folder, "servent.db"));
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    return db;
  }

  /** A started library over the fixture's database. */
  async library(options: Partial<LibraryOptions> = {}): Promise<FileLibrary> {
    const db = this.openDatabase();
    const library = new FileLibrary({
      db,
      watch: false,
      hashRate: 0,
      hashPool: this.pool,
      home: "/nowhere/at/all",
      events: (type, data) => {
        this.events.push({ type, data });
      },
      ...options,
    });
    this.opened.push({ library, db });
    await library.start();
    return library;
  }

  /** A library that shares the folder and has seen and hashed all of it. */
  async sharing(options: Partial<LibraryOptions> = {}): Promise<FileLibrary> {
    const library = await this.library(options);
    await library.add({ path: this.root, as: "Music" });
    await this.settled(library);
    return library;
  }

  /** Resolves when the condition holds. Events are bundled to two per second, so it is asked between them too. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
      await setTimeout(5);
    }
  }

  async settled(library: FileLibrary): Promise<void> {
    await this.until("all is scanned and hashed", () =>
      library
        .shares()
        .every((share) => share.progress.state === "idle" && (share.scannedAt !== null || share.problems > 0)),
    );
  }

  /** Scans a share and waits for the end of it. */
  async rescan(library: FileLibrary, id = library.shares()[0]?.id ?? ""): Promise<void> {
    library.scan(id);
    await this.settled(library);
  }

  async close(library: FileLibrary): Promise<void> {
    const at = this.opened.findIndex((one) => one.library === library);
    const [one] = this.opened.splice(at, 1);
    await one?.library.close();
    one?.db.close();
  }

  async dispose(): Promise<void> {
    for (let last = this.opened.at(-1); last !== undefined; last = this.opened.at(-1)) await this.close(last.library);
    await this.pool.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
