// The input of a hash of small inputs, filled up to whole blocks. SHA-1 and SHA-256 (FIPS 180-4 §5.1.1) do it as MD5 does
// (RFC 1321 §3.1, §3.2), but for the order of the length's bytes.

export const BLOCK_BYTES = 64;

/** The bit that ends the message, and its length in 64 bits. */
const END_BYTES = 9;

/** A copy of the bytes, the bit behind them, zeros, and the length in bits; a multiple of BLOCK_BYTES long. */
export function paddedBlocks(bytes: Uint8Array, isLittleEndian: boolean): DataView {
  const padded = new Uint8Array(Math.ceil((bytes.length + END_BYTES) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const [low, high] = isLittleEndian ? [8, 4] : [4, 8];
  view.setUint32(padded.length - low, (bytes.length * 8) % 0x1_0000_0000, isLittleEndian);
  view.setUint32(padded.length - high, Math.floor(bytes.length / 0x2000_0000), isLittleEndian);
  return view;
}
