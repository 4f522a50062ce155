import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JsoncFile } from "./jsonc-file.ts";
import { findSources, shippedNames, shippedSource } from "./scenario-source.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-scenarios-"));
  writeFileSync(path.join(folder, "mine.jsonc"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a name is one that comes with the lab, a pattern several, a path a file; none comes twice", () => {
  const names = findSources(["exam-flood", "exam-*", "mine.jsonc", "./mine.jsonc"], folder).map(({ name }) => name);
  expect(names).toEqual(["exam-flood", "mine"]);
});

test("an unknown name is answered with the nearest", () => {
  expect(() => findSources(["exam-fllod"], folder)).toThrow(
    expect.objectContaining({ code: "not_found", hint: expect.stringContaining("Did you mean exam-flood?") }),
  );
});

test.each([
  ["no-*", "not_found"],
  ["other.jsonc", "not_found"],
  ["./", "invalid_value"],
  ["/dev/zero", "too_large"],
])("%s is refused as %s", (word, code) => {
  expect(() => findSources([word], folder)).toThrow(expect.objectContaining({ code }));
});

test.each(shippedNames())("%s has a title", (name) => {
  const { shown, text } = shippedSource(name);
  expect(new JsoncFile(shown, text).value).toMatchObject({ title: expect.stringMatching(/^\S.{5,}\S$/) });
});

test("the second comes before the tenth", () => {
  const chord = shippedNames().filter((name) => /^chord-c\d+$/.test(name));
  expect(chord.slice(0, 3)).toEqual(["chord-c1", "chord-c2", "chord-c3"]);
});
