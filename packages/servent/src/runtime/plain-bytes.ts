/**
 * The same memory as a plain Uint8Array. Node hands out Buffers, whose `slice` is a view and not a copy: a codec written against
 * Uint8Array would keep bytes that are overwritten later.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
