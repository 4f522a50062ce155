// Answers a query from the library: whom it may answer, which files match, and the hits that say so.
import { sha1OfUrn } from "../../base/urn.ts";
import { utf8Length } from "../../base/bytes.ts";
import type { Address } from "../../host/host.ts";
import { readExtensions, recordExtensions } from "./extensions.ts";
import { encodeTrailer } from "./hit-trailer.ts";
import { LIMITS } from "./limits.ts";
import type { Guid, HitRecord, Query, QueryHit } from "./messages.ts";
import { hitsWanted, minimumSpeed, QUERY_FLAGS } from "./query-flags.ts";
import type { QueryRoutingTable } from "./query-routing.ts";
import type { Zlib } from "./zlib.ts";

/** A file that may be offered to peers. */
export interface SharedRecord {
  /** Never 0, and stable while the file stays. */
  readonly index: number;
  readonly name: string;
  readonly size: number;
  readonly sha1: Uint8Array | undefined;
  readonly tigerRoot: Uint8Array | undefined;
}

/** What the node asks of the files it speaks for. */
export interface GnutellaLibrary {
  readonly files: number;
  readonly kilobytes: number;
  /** Grows with every change. */
  readonly version: number;
  /** All upload slots are taken; said in our hits. */
  readonly busy: boolean;
  /** Files whose names hold all words, or that one of the hashes names; at most `limit`. */
  match(words: string, sha1s: readonly Uint8Array[], limit: number): readonly SharedRecord[];
  /** Adds every word (and URN) by which a file can be found. */
  addWords(table: QueryRoutingTable): void;
}

export interface Answerer {
  readonly guid: Guid;
  readonly firewalled: boolean;
  readonly speedKbps: number;
  readonly vendor: string;
  readonly zlib?: Zlib;
}

/** Hops that a hit may take more than its query did. */
const HIT_TTL_SPARE = 5;
/** gtk-gnutella's aim for a hit over TCP. */
const HIT_BYTES_AIM = 2048;
const SIZE_MAX = 0xffff_ffff;

export class Answers {
  private readonly library: GnutellaLibrary;
  private readonly self: Address;

  constructor(library: GnutellaLibrary, self: Address) {
    this.library = library;
    this.self = self;
  }

  /** The hits to send back; none where nothing matches or silence is asked for. */
  to(query: Query, own: Answerer): QueryHit[] {
    if (this.library.files === 0 || minimumSpeed(query.flags) > own.speedKbps) return [];
    const marked = (query.flags & QUERY_FLAGS.mark) !== 0;
    // Neither side could open the connection.
    if (marked && own.firewalled && (query.flags & QUERY_FLAGS.firewalled) !== 0) return [];
    const { urns } = readExtensions(query.extensions, own.zlib);
    const sha1s: Uint8Array[] = [];
    for (const urn of urns) {
      const sha1 = sha1OfUrn(urn);
      if (sha1 !== undefined) sha1s.push(sha1);
    }
    // LimeWire writes a lone backslash where it has nothing to say but a hash.
    const words = query.text === "\\" ? "" : query.text;
    const found = this.library.match(words, sha1s, hitsWanted(query.flags, LIMITS.answersMax));
    if (found.length === 0) return [];
    const binary = marked && (query.flags & QUERY_FLAGS.binaryHashes) !== 0;
    return this.hits(
      query,
      found.map((file) => record(file, binary)),
      own,
    );
  }

  private hits(query: Query, records: readonly HitRecord[], own: Answerer): QueryHit[] {
    const { id, hops } = query.header;
    // Never more than the hard limit, and always enough for the way back.
    const header = { id, ttl: Math.min(hops + HIT_TTL_SPARE, LIMITS.hardTtl), hops: 0 };
    const trailer = encodeTrailer({
      vendor: own.vendor,
      push: own.firewalled,
      busy: this.library.busy,
      ggep: [],
    });
    const hits: QueryHit[] = [];
    let batch: HitRecord[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (batch.length === 0) return;
      hits.push({
        kind: "hit",
        header,
        address: this.self,
        speedKbps: own.speedKbps,
        records: batch,
        trailer,
        servent: own.guid,
      });
      batch = [];
      bytes = 0;
    };
    for (const item of records) {
      const size = 10 + utf8Length(item.name) + item.extensions.length;
      if (batch.length === LIMITS.hitRecordsMax || (batch.length > 0 && bytes + size > HIT_BYTES_AIM)) flush();
      batch.push(item);
      bytes += size;
    }
    flush();
    return hits;
  }
}

function record(file: SharedRecord, binary: boolean): HitRecord {
  const { index, name, sha1, tigerRoot } = file;
  const size = Math.min(file.size, SIZE_MAX);
  const large = file.size > SIZE_MAX ? file.size : undefined;
  return { index, size, name, latin1: false, extensions: recordExtensions({ sha1, tigerRoot, large, binary }) };
}
