// The trailer of a query hit (QHD): vendor code, then two flag bytes that say what is known and what is true.
import { concatBytes, latin1Decode, latin1Encode } from "../../base/bytes.ts";
import { decodeGgep, encodeGgep, GGEP_MAGIC } from "./ggep.ts";
import type { Zlib } from "./zlib.ts";

const PUSH = 0x01;
const BUSY = 0x04;
const GGEP = 0x20;

export interface HitTrailer {
  /** Four letters, or empty where the trailer has none. */
  readonly vendor: string;
  /** The sender cannot be dialled; ask it to connect. Undefined: it did not say. */
  readonly push: boolean | undefined;
  readonly busy: boolean | undefined;
  readonly ggep: ReadonlyMap<string, Uint8Array>;
}

/** Reads what is there; a short or foreign trailer gives less, never an error. */
export function readTrailer(trailer: Uint8Array, zlib?: Zlib): HitTrailer {
  const vendor = trailer.length >= 4 ? latin1Decode(trailer.subarray(0, 4)) : "";
  const openLength = trailer[4] ?? 0;
  const enabler = openLength >= 2 ? (trailer[5] ?? 0) : 0;
  const setter = openLength >= 2 ? (trailer[6] ?? 0) : 0;
  // For push the two bytes swap their roles: the first holds the value, the second says that it means something.
  const push = (setter & PUSH) === 0 ? undefined : (enabler & PUSH) !== 0;
  const busy = (enabler & BUSY) === 0 ? undefined : (setter & BUSY) !== 0;
  const privateArea = trailer.subarray(Math.min(trailer.length, 5 + openLength));
  const magic = privateArea.indexOf(GGEP_MAGIC);
  const block =
    (setter & enabler & GGEP) === 0 || magic < 0 ? undefined : decodeGgep(privateArea.subarray(magic), zlib);
  return { vendor, push, busy, ggep: block?.extensions ?? new Map() };
}

export interface TrailerFacts {
  /** Exactly four letters. */
  readonly vendor: string;
  readonly push: boolean;
  readonly busy: boolean;
  readonly ggep: readonly (readonly [id: string, data: Uint8Array])[];
}

export function encodeTrailer(facts: TrailerFacts): Uint8Array {
  const ggep = encodeGgep(facts.ggep, true);
  const withGgep = ggep.length > 0 ? GGEP : 0;
  const enabler = BUSY | withGgep | (facts.push ? PUSH : 0);
  const setter = PUSH | withGgep | (facts.busy ? BUSY : 0);
  return concatBytes([latin1Encode(facts.vendor), Uint8Array.of(2, enabler, setter), ggep]);
}
