// A rolling digest of everything that was delivered, in order. Two runs of the same seed that differ anywhere differ here.
// Not for enemies: it finds accidents.

export class TraceDigest {
  private high = 0x6a09e667 | 0;
  private low = 0xbb67ae85 | 0;

  /** Folds in one delivery. All are whole numbers; their low 32 bits count. */
  add(tick: number, type: number, to: number, from: number, hash: number): void {
    this.mix(tick);
    this.mix(Math.imul(to, 16) + type);
    this.mix(from);
    this.mix(hash);
  }

  /** 16 hex digits. */
  text(): string {
    return hex32(this.high) + hex32(this.low);
  }

  private mix(word: number): void {
    const high = Math.imul(this.high ^ word, 0x85ebca6b);
    const low = Math.imul((this.low + word) | 0, 0xc2b2ae35);
    // Each half also takes from the other, so that a collision must happen in both at once.
    this.high = (high ^ (high >>> 15)) + (low >>> 17);
    this.low = (low ^ (low >>> 13)) + (high >>> 19);
    this.high |= 0;
    this.low |= 0;
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
