import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { musicFacts, tagBytes } from "./music-facts.ts";

/** A frame of MPEG-1 layer III, 128 kbit/s, 44.1 kHz without padding: 417 bytes. */
function frame(fill: number): Uint8Array {
  const bytes = new Uint8Array(417).fill(fill);
  bytes.set([0xff, 0xfb, 0x90, 0x00]);
  return bytes;
}

const music = (frames: number): Buffer => Buffer.concat(Array.from({ length: frames }, (_, i) => frame(i & 0x7f)));

describe("what old clients say of music", () => {
  test("is the rate, frequency and length of the first frame, and the MD5 of 300,032 bytes from there", () => {
    const bytes = music(1000);
    expect(musicFacts(bytes, bytes.length)).toEqual({
      md5: createHash("md5").update(bytes.subarray(0, 300_032)).digest("hex"),
      bitrate: 128,
      frequency: 44_100,
      seconds: 26,
    });
  });

  test("does not change with what stands in front of the first frame", () => {
    const bytes = music(800);
    const padded = Buffer.concat([Buffer.alloc(1000), Buffer.from([0xff, 0xfb, 0x90, 0x00]), bytes]);
    expect(musicFacts(padded, padded.length)?.md5).toBe(musicFacts(bytes, bytes.length)?.md5);
  });

  test("is nothing where no two frames follow each other", () => {
    expect(musicFacts(Buffer.from("RIFF, and no frame"), 18)).toBeUndefined();
    expect(musicFacts(frame(1), 417)).toBeUndefined();
    expect(musicFacts(new Uint8Array(0), 0)).toBeUndefined();
    expect(musicFacts(new Uint8Array(20_000).fill(0xff), 20_000)).toBeUndefined();
  });

  test("knows the tables of all versions and layers", () => {
    const heads: readonly (readonly [number, number, number, number, number])[] = [
      // Second and third byte; then bytes of a frame, kbit/s, Hz.
      [0xfb, 0xe0, 1044, 320, 44_100],
      [0xf3, 0x80, 208, 64, 22_050],
      [0xe3, 0x80, 417, 64, 11_025],
      [0xfd, 0xa4, 576, 192, 48_000],
      [0xff, 0xc8, 576, 384, 32_000],
    ];
    for (const [second, third, length, bitrate, frequency] of heads) {
      const one = new Uint8Array(length);
      one.set([0xff, second, third, 0]);
      const found = musicFacts(Buffer.concat([one, one, one]), 3 * length);
      expect(found, `${second} ${third}`).toMatchObject({ bitrate, frequency });
    }
  });
});

test("a tag is as long as its seven-bit digits say, with or without a footer", () => {
  expect(tagBytes(Uint8Array.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 2, 1]))).toBe(10 + 257);
  expect(tagBytes(Uint8Array.from([0x49, 0x44, 0x33, 4, 0, 0x10, 0, 0, 2, 1]))).toBe(20 + 257);
  expect(tagBytes(Uint8Array.from([0x49, 0x44, 0x33]))).toBe(0);
  expect(tagBytes(frame(0))).toBe(0);
});
