// An incomplete file and, beside it, the list of its pieces. A piece is listed after its bytes are written, so what is
// listed after a crash is there; after a power cut only what was also forced to disk counts. Whether it is right is not
// listed: that is checked anew.
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  write,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { assert } from "@servent/overlay/base/assert.ts";
import { MISSING, NOBODY, type PieceMap, SEVERAL, WRITTEN } from "./piece-map.ts";

const LISTED = 1;
const ON_DISK = 2;
/** Per piece: flags, number of the source. */
const ENTRY_BYTES = 2;
const HEADER_BYTES = 64;
const HEADER = "servent-pieces/1";

/** Names the present run of the operating system; undefined where it does not say. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return undefined;
  }
}

type Open = { readonly fd: number; readonly listFd: number };

export class PartFile {
  readonly path: string;
  private readonly listPath: string;
  private readonly map: PieceMap;
  private files: Open | undefined = undefined;
  /** Pieces whose bytes are written since the last `sync`. */
  private unsynced: number[] = [];
  /** One at a time. */
  private syncing: Promise<void> = Promise.resolve();
  /** Which file it was, and its size, when it was closed. */
  private left: { readonly ino: number; readonly size: number } | undefined = undefined;

  constructor(folder: string, id: string, map: PieceMap) {
    this.map = map;
    this.path = join(folder, `${id}.part`);
    this.listPath = join(folder, `${id}.pieces`);
  }

  /**
   * Opens or makes the file. The first time `map` gets what is already there. False: somebody changed the file since
   * `close`, so nothing that the map says holds; begin with a new PartFile and map. Throws the system's error.
   */
  open(): boolean {
    assert(this.files === undefined, "the file is closed");
    const fd = openFile(this.path);
    let listFd: number;
    try {
      listFd = openFile(this.listPath);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.files = { fd, listFd };
    if (this.left === undefined) {
      this.load(this.files);
      return true;
    }
    const { ino, size } = fstatSync(fd);
    return ino === this.left.ino && size === this.left.size;
  }

  get isOpen(): boolean {
    return this.files !== undefined;
  }

  get fd(): number {
    assert(this.files !== undefined, "the file is open");
    return this.files.fd;
  }

  /** Deletes both files; those that are not there are fine. */
  static remove(folder: string, id: string): void {
    rmSync(join(folder, `${id}.part`), { force: true });
    rmSync(join(folder, `${id}.pieces`), { force: true });
  }

  /** Rejects with the system's error; then none of the bytes count. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const { fd } = this;
    for (let done = 0; done < bytes.length; ) {
      done += await new Promise<number>((resolve, reject) => {
        write(fd, bytes, done, bytes.length - done, position + done, (error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        });
      });
    }
  }

  /** Lists the piece as the map has it now. */
  list(piece: number): void {
    const state = this.map.state(piece);
    if (state === MISSING) this.putEntry(piece, 0, NOBODY);
    else this.putEntry(piece, LISTED, this.map.giver(piece));
    if (state !== MISSING) this.unsynced.push(piece);
  }

  /** Forces the bytes to disk, then says so in the list. Rejects with the system's error. */
  sync(): Promise<void> {
    const synced = this.syncing.then(() => this.syncNow());
    this.syncing = synced.catch(() => undefined);
    return synced;
  }

  private async syncNow(): Promise<void> {
    const pieces = this.unsynced;
    const { files } = this;
    if (pieces.length === 0 || files === undefined) return;
    this.unsynced = [];
    await force(files.fd);
    for (const piece of pieces) {
      if (this.map.state(piece) !== MISSING) this.putEntry(piece, LISTED | ON_DISK, this.map.giver(piece));
    }
    await force(files.listFd);
  }

  /** Nothing may be at work on the file. */
  close(): void {
    if (this.files === undefined) return;
    const { fd, listFd } = this.files;
    const { ino, size } = fstatSync(fd);
    this.left = { ino, size };
    this.files = undefined;
    closeSync(fd);
    closeSync(listFd);
  }

  private load({ fd, listFd }: Open): void {
    const entries = Buffer.alloc(this.map.count * ENTRY_BYTES);
    const header = Buffer.alloc(HEADER_BYTES);
    const boot = bootId();
    const wanted = headerOf(boot);
    const headerRead = readSync(listFd, header, 0, HEADER_BYTES, 0);
    const isOurs = headerRead === HEADER_BYTES && header.toString("latin1").startsWith(HEADER);
    const isSameBoot = isOurs && boot !== undefined && header.equals(wanted);
    if (isOurs) readSync(listFd, entries, 0, entries.length, HEADER_BYTES);
    const there = fstatSync(fd).size;
    for (let piece = 0; piece < this.map.count; piece++) {
      const flags = entries[piece * ENTRY_BYTES] as number;
      const isThere =
        (flags & LISTED) !== 0 && (isSameBoot || (flags & ON_DISK) !== 0) && this.map.endOf(piece) <= there;
      if (!isThere) {
        entries.fill(0, piece * ENTRY_BYTES, (piece + 1) * ENTRY_BYTES);
        continue;
      }
      const giver = entries[piece * ENTRY_BYTES + 1] as number;
      this.map.set(piece, WRITTEN, giver === NOBODY ? SEVERAL : giver);
      if ((flags & ON_DISK) === 0) this.unsynced.push(piece);
    }
    writeSync(listFd, wanted, 0, HEADER_BYTES, 0);
    writeSync(listFd, entries, 0, entries.length, HEADER_BYTES);
  }

  private putEntry(piece: number, flags: number, giver: number): void {
    if (this.files === undefined) return;
    writeSync(this.files.listFd, Uint8Array.of(flags, giver), 0, ENTRY_BYTES, HEADER_BYTES + piece * ENTRY_BYTES);
  }
}

function openFile(path: string): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw Object.assign(new Error(`${path} is not a file`), { code: "EACCES" });
}

function headerOf(boot: string | undefined): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(`${HEADER} ${boot ?? ""}\n`, "latin1");
  return header;
}

function force(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
}
