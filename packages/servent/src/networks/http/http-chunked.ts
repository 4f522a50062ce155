// The chunked transfer coding (RFC 9112 §7.1), which gtk-gnutella uses for answers of unknown length.
import { concatBytes, latin1Decode } from "@servent/overlay/base/bytes.ts";

/** A size line with its extensions; peers send a few hex digits. */
const LINE_BYTES_MAX = 256;
/** Trailer lines behind the last chunk: none is known to be sent. */
const TRAILERS_MAX = 16;

export type ChunkedStep =
  | { readonly at: "more" }
  | { readonly at: "end"; readonly rest: Uint8Array }
  | { readonly at: "lost"; readonly problem: string };

export class ChunkedDecoder {
  private readonly bytesMax: number;
  private phase: "size" | "data" | "data-end" | "trailer" = "size";
  private line: Uint8Array = new Uint8Array(0);
  private left = 0;
  private total = 0;
  private trailers = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Gives the data in `bytes` to `take`, uncopied. */
  push(bytes: Uint8Array, take: (data: Uint8Array) => void): ChunkedStep {
    let at = 0;
    while (at < bytes.length) {
      if (this.phase === "data") {
        const data = bytes.subarray(at, at + this.left);
        at += data.length;
        this.left -= data.length;
        take(data);
        if (this.left === 0) this.phase = "data-end";
        continue;
      }
      const end = bytes.indexOf(10, at);
      this.line = concatBytes([this.line, bytes.subarray(at, end < 0 ? bytes.length : end)]);
      if (this.line.length > LINE_BYTES_MAX) return { at: "lost", problem: "a chunk's size line is too long" };
      if (end < 0) return { at: "more" };
      at = end + 1;
      const text = latin1Decode(this.line).trim();
      this.line = new Uint8Array(0);
      const problem = this.onLine(text);
      if (problem === "end") return { at: "end", rest: bytes.subarray(at) };
      if (problem !== undefined) return { at: "lost", problem };
    }
    return { at: "more" };
  }

  private onLine(text: string): string | undefined {
    if (this.phase === "data-end") {
      if (text !== "") return "a chunk is longer than it says";
      this.phase = "size";
      return undefined;
    }
    if (this.phase === "trailer") {
      if (text === "") return "end";
      return ++this.trailers > TRAILERS_MAX ? "too many trailers" : undefined;
    }
    const match = /^([0-9a-f]{1,12})\s*(;|$)/i.exec(text);
    if (match === null) return "a malformed chunk size";
    this.left = Number.parseInt(match[1] as string, 16);
    this.total += this.left;
    if (this.total > this.bytesMax) return "larger than it can rightly be";
    this.phase = this.left === 0 ? "trailer" : "data";
    return undefined;
  }
}
