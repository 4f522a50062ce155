// How evenly consistent hashing spreads keys over peers (ToN 2003, §V-B): each peer stands on the circle with one id or
// several, each key belongs to the first id at or after it. No messages: this is about where things are placed.
import { sha1 } from "@servent/overlay/base/sha1.ts";
import { randomId, ringSpace } from "../../chord/chord-world.ts";
import { hashText, RandomStream } from "../../engine/random.ts";
import { TraceDigest } from "../../engine/trace-digest.ts";
import { WholeCounts } from "../../measures/distribution.ts";
import { QuantileSketch } from "../../measures/quantile-sketch.ts";
import type { Findings, Program, RunContext } from "../program.ts";
import { numberOf, wordOf } from "../setting-values.ts";

/** Drawn keys are as good as hashed ones, and take a tenth of the time. */
const KEY_IDS = ["sha-1", "drawn"] as const;

/** With fewer a peer could hold more keys than are counted one by one. */
const PEERS_LEAST = 100;
const PEERS_MAX = 1_000_000;
const KEYS_MAX = 10_000_000;

/** Keys between two reports of progress. */
const PROGRESS_KEYS = 100_000;

export const chordBalance: Program = {
  name: "chord-balance",
  summary: "keys that each peer of a Chord ring holds",
  settings: {
    peers: { default: 10_000, least: PEERS_LEAST, most: PEERS_MAX, whole: true, summary: "peers in the ring" },
    virtualNodes: { default: 1, least: 1, most: 64, whole: true, summary: "ids of each peer" },
    keys: { default: 500_000, least: 1, most: KEYS_MAX, whole: true, summary: "keys in the ring" },
    keyIds: { default: "sha-1", choices: KEY_IDS, summary: "keys are SHA-1 hashes of names, or drawn at random" },
  },

  memory: (settings) => ({
    peers: numberOf(settings, "peers"),
    bytesPerPeer: BYTES_PER_PEER + BYTES_PER_ID * numberOf(settings, "virtualNodes"),
    fixedBytes: FIXED_BYTES,
  }),

  run({ seed, settings, progress }: RunContext): Findings {
    const peers = numberOf(settings, "peers");
    const keys = numberOf(settings, "keys");
    const circle = new Circle(peers, numberOf(settings, "virtualNodes"), new HashedIds(seed, PEER));
    const held = new Float64Array(peers);
    const keyId = keyIds(seed, wordOf(settings, "keyIds", KEY_IDS));
    for (let key = 0; key < keys; key++) {
      const owner = circle.owner(keyId(key));
      held[owner] = (held[owner] as number) + 1;
      if (key % PROGRESS_KEYS === 0) progress(key, keys, "keys");
    }

    const counts = new WholeCounts();
    const digest = new TraceDigest();
    const load = new QuantileSketch();
    for (const [peer, count] of held.entries()) {
      counts.add(count);
      digest.add(0, 0, peer, 0, count);
      load.add(count);
    }
    const mean = keys / peers;
    const share = new QuantileSketch();
    for (const part of circle.parts()) share.add(part * peers);
    return {
      values: {
        "load.p1": load.quantile(0.01) / mean,
        "load.p99": load.quantile(0.99) / mean,
        "load.max": load.max / mean,
        empty: counts.of(0) / peers,
        "share.p1": share.quantile(0.01),
        "share.p99": share.quantile(0.99),
        "share.max": share.max,
      },
      tables: { held: counts.table("keys") },
      digest: digest.text(),
      events: 0,
    };
  },
};

const BYTES_PER_PEER = 50;
/** Most of it while they are sorted. */
const BYTES_PER_ID = 160;
const FIXED_BYTES = 100_000_000;

/** Where all ids of all peers stand. */
class Circle {
  private readonly peers: number;
  /** In ascending order, each with its peer. */
  private readonly ids: Float64Array;
  private readonly owners: Int32Array;

  constructor(peers: number, idsEach: number, hashed: HashedIds) {
    this.peers = peers;
    const ids = new Float64Array(peers * idsEach);
    for (let i = 0; i < ids.length; i++) ids[i] = hashed.id(i);
    // Numbers of ids count a peer's one after the other.
    const order = Int32Array.from(ids.keys()).sort((a, b) => (ids[a] as number) - (ids[b] as number));
    this.ids = Float64Array.from(order, (at) => ids[at] as number);
    this.owners = Int32Array.from(order, (at) => Math.floor(at / idsEach));
  }

  /** The peer whose id is the first at or after the key. */
  owner(key: number): number {
    const { ids } = this;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ids[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return this.owners[low === ids.length ? 0 : low] as number;
  }

  /** The part of the circle that each peer owns; together 1. */
  parts(): Float64Array {
    const { ids, owners } = this;
    const parts = new Float64Array(this.peers);
    let before = ids[ids.length - 1] as number;
    for (const [at, id] of ids.entries()) {
      const owner = owners[at] as number;
      // A single id owns all of the circle.
      const way = ids.length === 1 ? 2 ** ringSpace.bits : ringSpace.distance(before, id);
      parts[owner] = (parts[owner] as number) + way / 2 ** ringSpace.bits;
      before = id;
    }
    return parts;
  }
}

/** What is hashed for an id. */
const PEER = 1;
const KEY = 2;

/** Ids as the protocol makes them: the first bits of a SHA-1 hash of a name, here of numbers. */
class HashedIds {
  private readonly name = new Uint8Array(12);
  private readonly words = new DataView(this.name.buffer);

  constructor(seed: string, kind: number) {
    this.words.setInt32(0, hashText(seed, 0));
    this.words.setInt32(4, kind);
  }

  id(number: number): number {
    this.words.setUint32(8, number);
    return ringSpace.fromHash(sha1(this.name));
  }
}

function keyIds(seed: string, kind: (typeof KEY_IDS)[number]): (key: number) => number {
  if (kind === "drawn") {
    const random = new RandomStream(seed, "purpose/keys");
    return () => randomId(random);
  }
  const hashed = new HashedIds(seed, KEY);
  return (key) => hashed.id(key);
}
