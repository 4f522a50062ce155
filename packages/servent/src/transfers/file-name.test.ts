import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length } from "@servent/overlay/base/bytes.ts";
import { NAME_BYTES_MAX, numberedName, safeFileName } from "./file-name.ts";

test.each([
  ["blue train.ogg", "blue train.ogg"],
  ["größe ünïcode 音楽.mp3", "größe ünïcode 音楽.mp3"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\windows\\system.ini", "system.ini"],
  ["/", "unnamed"],
  ["..", "unnamed"],
  ["", "unnamed"],
  ["   ", "unnamed"],
  [".bashrc", "bashrc"],
  ["a\0b.txt", "ab.txt"],
  ["photo\u202Egpj.exe", "photogpj.exe"],
  ["zero\u200Bwidth\uFEFF.txt", "zerowidth.txt"],
  ["CON", "_CON"],
  ["nul.txt", "_nul.txt"],
  ["LPT1.tar.gz", "_LPT1.tar.gz"],
  ["name. . .", "name"],
  ['a<b>c:d"e|f?g*h.txt', "a_b_c_d_e_f_g_h.txt"],
  ["folder/", "folder"],
  ["e\u0301.txt", "\u00E9.txt"],
  ["\uD800bad.txt", "\uFFFDbad.txt"],
])("%j becomes %j", (given, safe) => {
  expect(safeFileName(given)).toBe(safe);
});

test("a long name is cut in front of its extension, between characters", () => {
  const name = safeFileName(`${"音".repeat(200)}.flac`);

  expect(utf8Length(name)).toBeLessThanOrEqual(NAME_BYTES_MAX);
  expect(name.endsWith("音.flac")).toBe(true);
  expect(safeFileName("x".repeat(1000))).toHaveLength(NAME_BYTES_MAX);
  expect(utf8Length(safeFileName(`a.${"e".repeat(1000)}`))).toBeLessThanOrEqual(NAME_BYTES_MAX);
});

test("whatever is given, the name is safe, and safe names stay as they are", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme", maxLength: 300 })), (given) => {
      const name = safeFileName(given);
      expect(name).not.toBe("");
      expect(name).not.toMatch(/[/\\\0]|^\.|[. ]$/);
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(utf8Length(name)).toBeLessThanOrEqual(NAME_BYTES_MAX);
      expect(safeFileName(name)).toBe(name);
    }),
    { numRuns: 500 },
  );
});

test("a number goes in front of the extension, within the same length", () => {
  expect(numberedName("tide.ogg", 2)).toBe("tide (2).ogg");
  expect(numberedName("tide", 13)).toBe("tide (13)");
  expect(utf8Length(numberedName(safeFileName(`${"x".repeat(300)}.ogg`), 10_000))).toBeLessThanOrEqual(NAME_BYTES_MAX);
});
