// A thread that hashes files: SHA-1 and the Tiger tree in one pass. Started by hash-pool.ts.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { parentPort } from "node:worker_threads";
import { assert } from "@servent/overlay/base/assert.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import { HashControl, type HashOrder, type HashResult, treeBlockSize } from "./hash-job.ts";

/** Bytes of one read: large enough for the disk, small enough for the cache. */
const CHUNK_BYTES = 256 * 1024;
/** A file that is still being written is given up after this much, not after all of it. */
const LOOK_AGAIN_BYTES = 64 * CHUNK_BYTES;
/** The longest nap for the rate's sake: a new rate counts after it. */
const NAP_MS = 250;

assert(parentPort !== null, "this is a worker thread");
const port = parentPort;
const buffer = new Uint8Array(CHUNK_BYTES);
port.on("message", (order: HashOrder) => port.postMessage(hashFile(order)));

function hashFile(order: HashOrder): HashResult {
  const control = new HashControl(order.control);
  let fd: number | undefined;
  try {
    // Not following a last link, and not waiting for a writer should the file have become a pipe.
    fd = openSync(order.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    return hashDescriptor(order.id, fd, control);
  } catch (error) {
    return {
      id: order.id,
      ok: false,
      code: "unreadable",
      text: error instanceof Error ? error.message : String(error),
    };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function hashDescriptor(id: number, fd: number, control: HashControl): HashResult {
  const before = fstatSync(fd);
  if (!before.isFile()) return { id, ok: false, code: "unreadable", text: "It is no regular file." };
  const sha1 = createHash("sha1");
  const tree = new TigerTreeHasher(treeBlockSize(before.size));
  const pace = new Pace(control);
  let done = 0;
  for (;;) {
    if (control.cancelled) return { id, ok: false, code: "cancelled", text: "" };
    const count = readSync(fd, buffer, 0, CHUNK_BYTES, done);
    if (count === 0) break;
    const chunk = buffer.subarray(0, count);
    sha1.update(chunk);
    tree.update(chunk);
    done += count;
    control.done = done;
    if (done % LOOK_AGAIN_BYTES === 0 && !isSame(before, fstatSync(fd))) break;
    pace.after(count);
  }
  if (done !== before.size || !isSame(before, fstatSync(fd))) return { id, ok: false, code: "changed", text: "" };
  const { root, blockSize, nodes } = tree.finish();
  return {
    id,
    ok: true,
    sha1: new Uint8Array(sha1.digest()),
    tigerRoot: root,
    blockSize,
    nodes: nodes.slice(),
    size: before.size,
    modified: before.mtimeMs,
    inode: before.ino,
  };
}

function isSame(a: Stats, b: Stats): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}

/** Keeps the reading rate down by naps. Unused time is not saved up beyond one nap. */
class Pace {
  private readonly control: HashControl;
  private due = performance.now();

  constructor(control: HashControl) {
    this.control = control;
  }

  after(bytes: number): void {
    const { rate } = this.control;
    const now = performance.now();
    if (rate <= 0) {
      this.due = now;
      return;
    }
    this.due = Math.max(this.due, now - NAP_MS) + (bytes / rate) * 1000;
    for (let left = this.due - now; left > 1 && !this.control.cancelled; left = this.due - performance.now()) {
      this.control.sleep(Math.min(left, NAP_MS));
      if (this.control.rate !== rate) this.due = Math.min(this.due, performance.now() + NAP_MS);
    }
  }
}
