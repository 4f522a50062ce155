// Compression that the host's side lends to a codec or node: zlib format, whole buffers, bounded. Types only.

export interface Zlib {
  deflate(bytes: Uint8Array): Uint8Array;
  /** Undefined where the stream is broken or would grow beyond `most` bytes. */
  inflate(bytes: Uint8Array, most: number): Uint8Array | undefined;
}
