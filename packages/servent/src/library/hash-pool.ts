// A few threads that hash files, shared by all libraries of a process. They start with the first file and end when
// nothing has come for a while.
import { Worker } from "node:worker_threads";
import { HashControl, type HashOrder, type HashResult } from "./hash-job.ts";

/** Idle threads keep 10 MB each; starting one takes 50 ms. */
const IDLE_MS = 3_000;

/** A file that is being hashed or waits for it. */
export interface HashTask {
  readonly outcome: Promise<HashResult>;
  /** Bytes read so far. */
  done(): number;
  /** Bytes per second from now on; 0 is without limit. */
  setRate(bytesPerSecond: number): void;
  cancel(): void;
}

interface Waiting {
  readonly order: HashOrder;
  readonly control: HashControl;
  readonly settle: (result: HashResult) => void;
}

interface Thread {
  readonly worker: Worker;
  at: Waiting | undefined;
  idle: NodeJS.Timeout | undefined;
}

export class HashPool {
  private readonly threadsMax: number;
  private readonly idleMs: number;
  private threads: Thread[] = [];
  private readonly queue: Waiting[] = [];
  private nextId = 1;
  private closed = false;

  constructor(options: { readonly threads?: number; readonly idleMs?: number } = {}) {
    this.threadsMax = options.threads ?? 2;
    this.idleMs = options.idleMs ?? IDLE_MS;
  }

  /** Threads that run now. */
  get threadCount(): number {
    return this.threads.length;
  }

  /** SHA-1 and Tiger tree of a file. The outcome never rejects. Callers bound how many they ask for at a time. */
  hash(path: string, bytesPerSecond: number): HashTask {
    const control = new HashControl();
    control.rate = bytesPerSecond;
    const order = { id: this.nextId++, path, control: control.memory };
    const { promise, resolve } = Promise.withResolvers<HashResult>();
    const waiting = { order, control, settle: resolve };
    if (this.closed) resolve(cancelled(order.id));
    else {
      this.queue.push(waiting);
      this.feed();
    }
    return {
      outcome: promise,
      done: () => control.done,
      setRate: (rate) => {
        control.rate = rate;
      },
      cancel: () => {
        control.cancel();
        const at = this.queue.indexOf(waiting);
        if (at < 0) return;
        this.queue.splice(at, 1);
        resolve(cancelled(order.id));
      },
    };
  }

  /** Ends all threads; what they were at is cancelled. */
  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) waiting.settle(cancelled(waiting.order.id));
    const threads = this.threads;
    this.threads = [];
    for (const thread of threads) {
      clearTimeout(thread.idle);
      thread.at?.control.cancel();
    }
    await Promise.all(threads.map((thread) => thread.worker.terminate()));
  }

  private feed(): void {
    while (this.queue.length > 0) {
      let thread = this.threads.find((one) => one.at === undefined);
      if (thread === undefined && this.threads.length < this.threadsMax) thread = this.start();
      if (thread === undefined) return;
      const waiting = this.queue.shift() as Waiting;
      clearTimeout(thread.idle);
      thread.at = waiting;
      thread.worker.ref();
      thread.worker.postMessage(waiting.order);
    }
  }

  private start(): Thread {
    const worker = new Worker(new URL("./hash-worker.ts", import.meta.url));
    const thread: Thread = { worker, at: undefined, idle: undefined };
    this.threads.push(thread);
    worker.on("message", (result: HashResult) => {
      const waiting = thread.at;
      thread.at = undefined;
      // A thread without work must not keep the process alive.
      worker.unref();
      thread.idle = setTimeout(() => this.drop(thread), this.idleMs).unref();
      waiting?.settle(result);
      this.feed();
    });
    worker.on("error", (error) => this.lose(thread, error.message));
    worker.on("exit", () => this.lose(thread, "The hashing thread has ended."));
    return thread;
  }

  private drop(thread: Thread): void {
    if (thread.at !== undefined) return;
    this.threads = this.threads.filter((one) => one !== thread);
    void thread.worker.terminate();
  }

  /** A thread died: its file is reported, the next ones get a new thread. */
  private lose(thread: Thread, why: string): void {
    this.threads = this.threads.filter((one) => one !== thread);
    clearTimeout(thread.idle);
    const waiting = thread.at;
    thread.at = undefined;
    if (waiting === undefined) return;
    const { id } = waiting.order;
    waiting.settle(this.closed ? cancelled(id) : { id, ok: false, code: "unreadable", text: why });
    if (!this.closed) this.feed();
  }
}

function cancelled(id: number): HashResult {
  return { id, ok: false, code: "cancelled", text: "" };
}
