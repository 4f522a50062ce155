/** Our own fault, never a peer's: stays on in production and stops whoever made it. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
