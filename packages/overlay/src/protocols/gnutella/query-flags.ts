// The first two bytes of a query. Today a big-endian flags word with bit 15 set; in 0.4 a little-endian minimum speed.

export const QUERY_FLAGS = {
  mark: 0x8000,
  firewalled: 0x4000,
  wantsXml: 0x2000,
  leafGuided: 0x1000,
  binaryHashes: 0x0800,
  outOfBand: 0x0400,
  hitsMax: 0x00ff,
} as const;

/** Minimum speed in kbit/s that an answering peer must have; 0 where the word holds flags. */
export function minimumSpeed(flags: number): number {
  return (flags & QUERY_FLAGS.mark) !== 0 ? 0 : ((flags & 0xff) << 8) | (flags >>> 8);
}

/**
 * The word for a minimum speed. A low byte of 128 or more would read as flags (bit 15 of the big-endian word), so such
 * a speed is rounded down to the next that cannot be mistaken.
 */
export function minimumSpeedWord(kbps: number): number {
  const speed = Math.min(Math.max(Math.floor(kbps), 0), 0xffff);
  const safe = (speed & 0x80) === 0 ? speed : (speed & 0xff00) | 0x7f;
  return ((safe & 0xff) << 8) | (safe >>> 8);
}

/** Hits wanted, or `otherwise` where the query sets no bound. */
export function hitsWanted(flags: number, otherwise: number): number {
  const wanted = (flags & QUERY_FLAGS.mark) === 0 ? 0 : flags & QUERY_FLAGS.hitsMax;
  return wanted === 0 ? otherwise : Math.min(wanted, otherwise);
}
