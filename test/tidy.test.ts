// House rules that no linter knows.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((name) => name !== "" && existsSync(path.join(ROOT, name)));
const sources = tracked.filter((name) => /\.(ts|tsx|js)$/.test(name));
const read = (name: string): string => readFileSync(path.join(ROOT, name), "utf8");
const foldersIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);

describe("the tree", () => {
  test("every part of the house says on one screen what it is", () => {
    const parts = [
      ...foldersIn("packages"),
      ...foldersIn("packages/overlay/src/protocols"),
      ...foldersIn("packages/servent/src").filter((folder) => !/\/(base|events|log)$/.test(folder)),
      "test/vectors/gnutella",
      "bench",
    ];
    expect(parts.filter((part) => !existsSync(path.join(ROOT, part, "README.md")))).toEqual([]);
    const long = parts.filter((part) => read(`${part}/README.md`).split("\n").length > 60);
    expect(long).toEqual([]);
  });

  test("every protocol has the same files", () => {
    for (const folder of foldersIn("packages/overlay/src/protocols")) {
      const names = readdirSync(path.join(ROOT, folder));
      expect(names).toEqual(
        expect.arrayContaining(["README.md", "messages.ts", "codec.ts", "codec.test.ts", "node.ts", "limits.ts"]),
      );
    }
  });

  test("files are named after things, in kebab case", () => {
    const odd = sources.filter((name) => !/^[a-z0-9.-]+\.(ts|tsx|js)$/.test(path.basename(name)));
    expect(odd).toEqual([]);
    expect(sources.filter((name) => /\/(utils?|helpers?|misc|common|types)\.tsx?$/.test(name))).toEqual([]);
  });

  test("no file has grown past the length at which it has a second subject", () => {
    const long = sources.filter((name) => read(name).split("\n").length > 850);
    expect(long).toEqual([]);
  });
});

describe("the text", () => {
  // A component of the page is what its name says; the rest of the code has more to explain.
  test("no source begins without saying what it is", () => {
    const silent = sources
      .filter((name) => /^packages\/(?!web\/)/.test(name) && !/\.test\.tsx?$/.test(name))
      .filter((name) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(read(name)));
    expect(silent).toEqual([]);
  });

  test("nothing is left for later, and no check is silenced without its reason", () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|\bas unknown as\b|\bas any\b/;
    const found = sources.filter((name) => name !== "test/tidy.test.ts" && marks.test(read(name)));
    expect(found).toEqual([]);
  });

  test("every file that the documents name is there", () => {
    const missing: string[] = [];
    for (const document of tracked.filter((name) => name.endsWith(".md"))) {
      for (const [, link] of read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
        if (!existsSync(path.join(ROOT, path.dirname(document), link as string))) missing.push(`${document}: ${link}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
