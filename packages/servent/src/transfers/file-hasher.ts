// Hashing what is in incomplete files: blocks against a Tiger tree, and the whole file in order. Works from the file
// descriptor, so it hashes what was really written, and no buffer is shared with those who write.
import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { assert } from "@servent/overlay/base/assert.ts";
import { equalBytes } from "@servent/overlay/base/bytes.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";

/** How a whole file is hashed: SHA-1, or the root of its Tiger tree. */
export type WholeHash = "sha1" | "tiger";

export interface HashJob {
  /** Names the file for the running hash. */
  readonly key: string;
  readonly fd: number;
  readonly start: number;
  readonly end: number;
  /** Compute the Tiger node over these bytes. */
  readonly node: boolean;
  /** If given, the running hash goes on only where the node is this. */
  readonly expected: Uint8Array | undefined;
  /** Carry the running hash over these bytes; it must have come to `start` already, else nothing happens. */
  readonly whole: WholeHash | undefined;
}

export interface HashResult {
  readonly node: Uint8Array | undefined;
  /** Where the running hash is now. */
  readonly wholeAt: number;
}

/** Jobs of all files are done one after the other, in order. */
export interface FileHasher {
  /** Rejects with the system's error when the file cannot be read. */
  hash(job: HashJob): Promise<HashResult>;
  /** The end of a running hash; a new one for the key begins at 0. */
  digest(key: string, whole: WholeHash): Promise<Uint8Array>;
  forget(key: string): void;
  stop(): void;
}

/** Read at once; what is read is used for both hashes while it is in the processor's cache. */
const READ_BYTES = 1024 * 1024;

type Running = { at: number; readonly sha1: Hash | undefined; readonly tiger: TigerTreeHasher | undefined };

/** The work itself, synchronous. */
export class HashEngine {
  private readonly running = new Map<string, Running>();
  private buffer: Buffer | undefined = undefined;

  /** Throws the system's error; the running hash begins anew then, since nobody knows how far it got. */
  hash(job: HashJob): HashResult {
    try {
      return this.hashOrThrow(job);
    } catch (error) {
      this.forget(job.key);
      throw error;
    }
  }

  digest(key: string, whole: WholeHash): Uint8Array {
    const { sha1, tiger } = this.runningFor(key, whole);
    this.running.delete(key);
    if (sha1 !== undefined) return new Uint8Array(sha1.digest());
    assert(tiger !== undefined, "a running hash is one of two");
    return tiger.finish().root;
  }

  forget(key: string): void {
    this.running.delete(key);
  }

  private hashOrThrow(job: HashJob): HashResult {
    this.buffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
    const isOneRead = job.end - job.start <= READ_BYTES;
    let node: Uint8Array | undefined;
    if (job.node) {
      const tree = new TigerTreeHasher();
      this.read(job, (bytes) => tree.update(bytes));
      node = tree.finish().root;
    }
    const matches = job.expected === undefined || (node !== undefined && equalBytes(node, job.expected));
    if (job.whole !== undefined && matches) {
      const running = this.runningFor(job.key, job.whole);
      if (running.at === job.start) {
        const update = (bytes: Uint8Array) => {
          running.sha1?.update(bytes);
          running.tiger?.update(bytes);
        };
        if (node !== undefined && isOneRead) update(this.buffer.subarray(0, job.end - job.start));
        else this.read(job, update);
        running.at = job.end;
      }
    }
    return { node, wholeAt: this.running.get(job.key)?.at ?? 0 };
  }

  private runningFor(key: string, whole: WholeHash): Running {
    const known = this.running.get(key);
    if (known !== undefined) return known;
    const made = {
      at: 0,
      sha1: whole === "sha1" ? createHash("sha1") : undefined,
      tiger: whole === "tiger" ? new TigerTreeHasher(READ_BYTES) : undefined,
    };
    this.running.set(key, made);
    return made;
  }

  private read(job: HashJob, take: (bytes: Uint8Array) => void): void {
    const buffer = this.buffer as Buffer;
    for (let at = job.start; at < job.end; ) {
      const want = Math.min(READ_BYTES, job.end - at);
      let got = 0;
      while (got < want) {
        const count = readSync(job.fd, buffer, got, want - got, at + got);
        if (count === 0) throw new Error("the incomplete file is shorter than it was");
        got += count;
      }
      take(buffer.subarray(0, want));
      at += want;
    }
  }
}

export type HashRequest =
  | { readonly kind: "hash"; readonly id: number; readonly job: HashJob }
  | { readonly kind: "digest"; readonly id: number; readonly key: string; readonly whole: WholeHash }
  | { readonly kind: "forget"; readonly id: number; readonly key: string };

export type HashReply =
  | { readonly id: number; readonly result: HashResult }
  | { readonly id: number; readonly digest: Uint8Array }
  | { readonly id: number; readonly problem: string };

/** What the thread does with a request; undefined: nothing to say. */
export function replyTo(engine: HashEngine, request: HashRequest): HashReply | undefined {
  try {
    switch (request.kind) {
      case "hash":
        return { id: request.id, result: engine.hash(request.job) };
      case "digest":
        return { id: request.id, digest: engine.digest(request.key, request.whole) };
      case "forget":
        engine.forget(request.key);
        return undefined;
    }
  } catch (error) {
    return { id: request.id, problem: error instanceof Error ? error.message : String(error) };
  }
}

type Pending = { resolve(reply: HashReply): void; reject(error: Error): void };

/** Hashes in a thread of its own, started with the first job. Many owners may share one: keys must then differ. */
export class ThreadHasher implements FileHasher {
  private worker: Worker | undefined = undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  async hash(job: HashJob): Promise<HashResult> {
    const reply = await this.ask({ kind: "hash", id: this.nextId++, job });
    assert("result" in reply, "a hash job is answered with its result");
    return reply.result;
  }

  async digest(key: string, whole: WholeHash): Promise<Uint8Array> {
    const reply = await this.ask({ kind: "digest", id: this.nextId++, key, whole });
    assert("digest" in reply, "a digest is answered with it");
    return reply.digest;
  }

  forget(key: string): void {
    this.worker?.postMessage({ kind: "forget", id: 0, key } satisfies HashRequest);
  }

  stop(): void {
    void this.worker?.terminate();
    this.worker = undefined;
    this.failAll(new Error("the hasher was stopped"));
  }

  private ask(request: HashRequest): Promise<HashReply> {
    const worker = this.start();
    return new Promise((resolve, reject) => {
      this.pending.set(request.id, { resolve, reject });
      worker.postMessage(request);
    });
  }

  private start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL("./file-hasher-thread.ts", import.meta.url));
    // A waiting job keeps nobody from leaving: what was not checked is checked after the next start.
    worker.unref();
    worker.on("message", (reply: HashReply) => {
      const waiting = this.pending.get(reply.id);
      this.pending.delete(reply.id);
      if ("problem" in reply) waiting?.reject(new Error(reply.problem));
      else waiting?.resolve(reply);
    });
    worker.on("error", (error) => {
      if (this.worker === worker) this.worker = undefined;
      this.failAll(error instanceof Error ? error : new Error(String(error)));
    });
    this.worker = worker;
    return worker;
  }

  private failAll(error: Error): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const each of waiting) each.reject(error);
  }
}
