// Whole-buffer zlib for protocol nodes and codecs, bounded.
import { deflateSync, inflateSync } from "node:zlib";
import type { Zlib } from "@servent/overlay/protocols/gnutella/zlib.ts";

export const nodeZlib: Zlib = {
  deflate: (bytes) => deflateSync(bytes),
  inflate: (bytes, most) => {
    try {
      return inflateSync(bytes, { maxOutputLength: Math.max(1, most) });
    } catch {
      return undefined;
    }
  },
};
