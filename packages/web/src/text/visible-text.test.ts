import { expect, test } from "vitest";
import { visibleParts, visibleText } from "./visible-text.ts";

test("characters that turn the direction or have no shape get a mark", () => {
  expect(visibleParts("tide \u202Egpj.exe")).toEqual([
    { kind: "text", text: "tide " },
    { kind: "mark", text: "U+202E" },
    { kind: "text", text: "gpj.exe" },
  ]);
  expect(visibleText("a\nb\u0000c\u200Bd\uFEFFe\u2028f")).toBe("a⟨U+000A⟩b⟨U+0000⟩c⟨U+200B⟩d⟨U+FEFF⟩e⟨U+2028⟩f");
  expect(visibleText("\u{E0041}\uD800")).toBe("⟨U+E0041⟩⟨U+D800⟩");
});

test("other scripts, accents and emoji stay as they are, joiners too", () => {
  for (const name of [
    "جدول المد",
    "潮汐表",
    "می\u200Cخواهم",
    "👩\u200D🔬 fieldwork",
    "café",
    "cafe\u0301",
    "  two  spaces ",
  ]) {
    expect(visibleText(name)).toBe(name);
  }
  expect(visibleParts("")).toEqual([]);
});
