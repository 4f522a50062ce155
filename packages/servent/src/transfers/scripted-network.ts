// A network of peers that behave as a test says: fast, slow, lying, dying, short of ranges. Time comes from a clock
// that the test advances.
import { base32Encode } from "@servent/overlay/base/base32.ts";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import {
  type ByteRange,
  type HashTree,
  type Network,
  type NetworkStatus,
  type RunningSearch,
  type Source,
  SourceError,
  type SourceStream,
} from "../networks/network.ts";
import type { Clock } from "./clock.ts";

export interface Behaviour {
  /** What the peer has under the name. */
  bytes: Uint8Array;
  /** Milliseconds between two chunks; 0: as fast as they are taken. */
  chunkMs: number;
  chunkBytes: number;
  /** Most bytes of one answer. */
  answerBytesMax: number;
  /** Answers nothing but this; what is no SourceError is a fault of the network's own code. */
  problem: Error | undefined;
  /** Breaks off after so many bytes of one answer. */
  dieAfter: number;
  /** Falls silent after so many bytes of one answer. */
  stallAfter: number;
  /** Its hash tree is made of these bytes; undefined: it has none. */
  treeOf: Uint8Array | undefined;
  treeBlock: number;
  /** Bytes per second that the network expects of it; 0: it knows nothing. */
  expected: number;
  /** See `Source`; undefined: none. */
  likeness: string | undefined;
}

export interface ScriptedPeer extends Behaviour {
  readonly source: Source;
  /** Ranges that were asked for, in order. */
  readonly asked: ByteRange[];
  /** Bytes that were given. */
  given: number;
  /** Answers being given now. */
  open: number;
}

export class ScriptedNetwork implements Network {
  readonly id = "gnutella";
  private readonly clock: Clock;
  private readonly peers = new Map<string, ScriptedPeer>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  peer(name: string, bytes: Uint8Array, urns: readonly string[], more: Partial<Behaviour> = {}): ScriptedPeer {
    const peer: ScriptedPeer = {
      bytes,
      chunkMs: 0,
      chunkBytes: 64 * 1024,
      answerBytesMax: Number.POSITIVE_INFINITY,
      problem: undefined,
      dieAfter: Number.POSITIVE_INFINITY,
      stallAfter: Number.POSITIVE_INFINITY,
      treeOf: undefined,
      treeBlock: 1024 * 1024,
      expected: 0,
      likeness: undefined,
      source: {
        network: "gnutella",
        key: name,
        peer: name,
        name: "file.bin",
        size: bytes.length,
        urns,
        firewalled: false,
        ...(more.likeness === undefined ? {} : { likeness: more.likeness }),
        locator: {},
      },
      asked: [],
      given: 0,
      open: 0,
      ...more,
    };
    this.peers.set(name, peer);
    return peer;
  }

  async open(source: Source, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const peer = this.peers.get(source.key) as ScriptedPeer;
    await turn();
    peer.asked.push(range);
    if (peer.problem !== undefined) throw peer.problem;
    const end = Math.min(range.end, peer.bytes.length, range.start + peer.answerBytesMax);
    const given = { start: range.start, end };
    return { range: given, total: peer.bytes.length, body: this.body(peer, given, signal) };
  }

  private async *body(peer: ScriptedPeer, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    peer.open++;
    try {
      for (let at = range.start; at < range.end; ) {
        if (at - range.start >= peer.stallAfter) await aborted(signal);
        if (at - range.start >= peer.dieAfter) throw new SourceError("peer_gone", "The peer died.");
        if (peer.chunkMs > 0) await Promise.race([this.wait(peer.chunkMs), aborted(signal)]);
        else await turn();
        if (signal.aborted) throw new SourceError("peer_gone", "Given up.");
        const end = Math.min(range.end, at + peer.chunkBytes);
        peer.given += end - at;
        yield peer.bytes.subarray(at, end);
        at = end;
      }
    } finally {
      peer.open--;
    }
  }

  async hashTree(source: Source): Promise<HashTree | undefined> {
    const peer = this.peers.get(source.key) as ScriptedPeer;
    await turn();
    if (peer.treeOf === undefined) return undefined;
    return treeOf(peer.treeOf, peer.treeBlock);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  status(): NetworkStatus {
    return {
      id: this.id,
      state: "online",
      since: "2026-01-01T00:00:00.000Z",
      liveness: "",
      role: "",
      endpoint: undefined,
      peers: 0,
      counters: {},
    };
  }

  search(): RunningSearch {
    return { cost: () => ({ messages: 0, bytes: 0 }), stop: () => undefined };
  }

  expectedRate({ key }: Source): number {
    return this.peers.get(key)?.expected ?? 0;
  }

  neighbours(): readonly never[] {
    return [];
  }

  connect(): void {}

  disconnect(): boolean {
    return false;
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}

export function treeOf(bytes: Uint8Array, blockSize: number): HashTree {
  const hasher = new TigerTreeHasher(blockSize);
  hasher.update(bytes);
  const { root, nodes } = hasher.finish();
  return { root: base32Encode(root), blockSize, nodes: nodes.slice() };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new SourceError("peer_gone", "Given up."));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });
}
