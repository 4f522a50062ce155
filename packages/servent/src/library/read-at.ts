// Reading a part of an open file that is being shared.
import { read } from "node:fs";
import { assert } from "@servent/overlay/base/assert.ts";

/** Bytes read at this place, 0 at the end of the file. A read error counts as the end: the peer gets no wrong bytes. */
export function readAt(fd: number, buffer: Buffer, length: number, position: number): Promise<number> {
  assert(length <= buffer.length, "a read fits its buffer");
  return new Promise((resolve) => {
    read(fd, buffer, 0, length, position, (error, count) => resolve(error === null ? count : 0));
  });
}
