// A rolling digest of everything that was delivered, in order. Two runs of the same seed that differ anywhere differ here.
// Not for enemies: it finds accidents.

const HIGH = 0;
const LOW = 1;

export class TraceDigest {
  /** Two words. In fields they would become doubles, and every event pays for four conversions each way. */
  private readonly state = new Int32Array([0x6a09e667, 0xbb67ae85]);

  /** Folds in one delivery. All are whole numbers; their low 32 bits count. */
  add(tick: number, type: number, to: number, from: number, hash: number): void {
    this.mix(tick);
    this.mix(Math.imul(to, 16) + type);
    this.mix(from);
    this.mix(hash);
  }

  /** 16 hex digits. */
  text(): string {
    return hex32(this.state[HIGH] as number) + hex32(this.state[LOW] as number);
  }

  private mix(word: number): void {
    const { state } = this;
    const high = Math.imul((state[HIGH] as number) ^ word, 0x85ebca6b);
    const low = Math.imul((state[LOW] as number) + word, 0xc2b2ae35);
    // Each half also takes from the other, so that a collision must happen in both at once.
    state[HIGH] = (high ^ (high >>> 15)) + (low >>> 17);
    state[LOW] = (low ^ (low >>> 13)) + (high >>> 19);
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
