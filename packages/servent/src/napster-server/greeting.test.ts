import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readGreeting } from "./greeting.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "servent-greeting-"));
  file = path.join(folder, "motd");
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string): { readonly lines: readonly string[]; readonly told: readonly string[] } {
  writeFileSync(file, text);
  const told: string[] = [];
  return { lines: readGreeting(file, (news) => told.push(news)), told };
}

test("its lines are the greeting", () => {
  expect(read("mind the tide\r\n\n\tGrüße\n")).toEqual({ lines: ["mind the tide", "", "\tGrüße"], told: [] });
});

test("what users do not see of a long one is told", () => {
  const many = read("line\n".repeat(5000));
  expect(many.lines).toHaveLength(100);
  expect(many.told).toEqual([`users see the first 100 of the 5000 lines of ${file}`]);
  expect(read(`short\n${"x".repeat(201)}`).told).toEqual([
    `users see 200 characters of a line of ${file}: line 2 is longer`,
  ]);
});

test.each(["\u0000", "GIF89a\u0001", "\u001b[31mred", "\u007f"])("a file that is no text is refused: %j", (text) => {
  expect(() => read(text)).toThrowError(
    expect.objectContaining({ code: "invalid_value", message: `${file} is no text.` }),
  );
});
