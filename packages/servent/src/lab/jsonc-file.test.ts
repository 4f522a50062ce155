import { expect, test } from "vitest";
import { JsoncFile } from "./jsonc-file.ts";

const TEXT = `// a world
{
  "peers": 40, // not many
  "link": { "latency": "20ms" },
  "load": [
    { "at": "1s" },
    { "at": "2s" },
  ]
}`;

test("every part has its line and column", () => {
  const file = new JsoncFile("a.jsonc", TEXT);

  expect(file.value).toEqual({ peers: 40, link: { latency: "20ms" }, load: [{ at: "1s" }, { at: "2s" }] });
  expect(file.place(["peers"], false)).toBe("a.jsonc:3:12");
  expect(file.place(["peers"], true)).toBe("a.jsonc:3:3");
  expect(file.place(["load", 1, "at"], false)).toBe("a.jsonc:7:13");
});

test("what is not there stands where it would be", () => {
  const file = new JsoncFile("a.jsonc", TEXT);

  expect(file.place(["link", "rate"], false)).toBe("a.jsonc:4:11");
  expect(file.place([], false)).toBe("a.jsonc:2:1");
});

test.each([
  ["", "a.jsonc:1:1: there is nothing in it."],
  ["// nothing\n", "a.jsonc:2:1:"],
  ['{\n  "a": 1\n  "b": 2\n}', "a.jsonc:3:3: "],
  ['{ "a": tru }', "a.jsonc:1:8: "],
  ['{\n  "a": 1,\n  "b": { "c": 1, "c": 2 }\n}', 'a.jsonc:3:18: "c" is there twice.'],
])("%j is refused with its place", (text, message) => {
  expect(() => new JsoncFile("a.jsonc", text)).toThrow(message);
});
