// A fixed-width image of a protocol's hottest messages. A million objects that live for a hundred milliseconds of virtual
// time are copied, promoted and collected; their images lie in the event records and cost nothing of that.

/** Words of an image. The third and fourth are also one double. */
export const PACKING_WORDS = 5;

export interface Packing<M> {
  /**
   * Writes the message at `i32[at … at + 4]`, of which `f64[at / 2 + 1]` is the middle; `at` is even. False: it has no image,
   * and nothing was written. Whatever has an image survives exactly.
   */
  pack(message: M, i32: Int32Array, f64: Float64Array, at: number): boolean;
  /** A fresh object. */
  unpack(i32: Int32Array, f64: Float64Array, at: number): M;
}
