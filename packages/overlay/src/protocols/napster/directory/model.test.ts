// The directory against the plainest one there is: an array of files, and filters.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ANY, isWithin } from "../range.ts";
import type { Criteria } from "./criteria.ts";
import { Directory } from "./directory.ts";
import type { FoundFile, Owner } from "./found-file.ts";
import type { SharedFile } from "../shared-file.ts";
import { fileWords } from "./words.ts";

const NONE = new Set<string>();
/** Few words, so that lists are long and files have much in common; few hashes and sizes, so that many have the same. */
const word = fc.constantFrom("blue", "train", "love", "live", "caf\xe9", "ann", "x", "yes", "y'all", "z9");
const path = fc
  .tuple(fc.array(word, { maxLength: 2 }), fc.array(word, { maxLength: 5 }), fc.nat(30))
  .map(([folder, name, number]) => `C:\\${folder.join(" ")}\\${name.join("-")}_${number}.mp3`);
const md5 = fc.constantFrom("", "a1".repeat(16), "b2".repeat(16), "0".repeat(32), "none");
const file: fc.Arbitrary<SharedFile> = fc.record({
  path,
  md5,
  size: fc.nat(2),
  bitrate: fc.constantFrom(64, 128, 320),
  frequency: fc.constantFrom(22_050, 44_100),
  seconds: fc.nat(3),
  media: fc.constantFrom("mp3", "audio", "image"),
  urn: fc.constantFrom("", "urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB"),
});
const range = (most: number): fc.Arbitrary<Criteria["size"]> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(ANY) }, fc.record({ least: fc.nat(most), most: fc.nat(most) }));
const criteria: fc.Arbitrary<Criteria> = fc.record({
  words: fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.constant("unheard")), { maxLength: 3 }),
  without: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(word, { maxLength: 2 })),
  size: range(2),
  bitrate: range(400),
  frequency: range(50_000),
  seconds: range(3),
  media: fc.constantFrom("any", "any", "mp3", "image"),
});
const act = fc.oneof(
  fc.record({ act: fc.constant("come" as const) }),
  fc.record({ act: fc.constant("go" as const), who: fc.nat() }),
  { weight: 12, arbitrary: fc.record({ act: fc.constant("share" as const), who: fc.nat(), files: fc.array(file) }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant("take back" as const), who: fc.nat(), which: fc.array(fc.nat()) }),
  },
  fc.record({ act: fc.constant("take all back" as const), who: fc.nat() }),
  { weight: 3, arbitrary: fc.record({ act: fc.constant("work" as const), units: fc.nat(2000) }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant("search" as const), criteria, max: fc.nat(40), without: fc.nat(3) }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

/** All files in the order in which they came. */
class Model {
  owners: Owner[] = [];
  files: FoundFile[] = [];

  owner(number: number): Owner | undefined {
    return this.owners[number % this.owners.length];
  }

  of(owner: Owner): FoundFile[] {
    return this.files.filter((file) => file.owner === owner);
  }

  search(criteria: Criteria, max: number, accept: (owner: Owner) => boolean): FoundFile[] {
    if (criteria.words.length === 0) return [];
    return this.files
      .filter((file) => {
        const words = new Set(fileWords(file.path, NONE, 31));
        return (
          accept(file.owner) &&
          criteria.words.every((each) => words.has(each)) &&
          !criteria.without.some((each) => words.has(each)) &&
          isWithin(file.size, criteria.size) &&
          isWithin(file.bitrate, criteria.bitrate) &&
          isWithin(file.frequency, criteria.frequency) &&
          isWithin(file.seconds, criteria.seconds) &&
          (criteria.media === "any" || criteria.media === file.media)
        );
      })
      .toReversed()
      .slice(0, max);
  }
}

function run(directory: Directory, model: Model, step: Act): void {
  if (step.act === "come") {
    model.owners.push(directory.addOwner());
    expect(new Set(model.owners).size).toBe(model.owners.length);
  } else if (step.act === "work") directory.work(step.units);
  else if (step.act === "search") {
    const accept = (owner: Owner): boolean => owner % 4 !== step.without;
    const found = directory.search(step.criteria, step.max, accept).map((id) => directory.file(id));
    expect(found).toEqual(model.search(step.criteria, step.max, accept));
  } else {
    const owner = model.owner(step.who);
    if (owner === undefined) return;
    const mine = model.of(owner);
    if (step.act === "share") {
      for (const each of step.files) {
        const isKnown = model.files.some((known) => known.owner === owner && known.path === each.path);
        expect(directory.add(owner, each)).toBe(isKnown ? "duplicate" : "added");
        if (!isKnown) model.files.push({ ...each, owner });
      }
    } else if (step.act === "take back") {
      for (const which of step.which) {
        const gone = mine[which % mine.length];
        if (gone === undefined) continue;
        const isThere = model.files.includes(gone);
        expect(directory.remove(owner, gone.path)).toBe(isThere);
        model.files = model.files.filter((each) => each !== gone);
      }
    } else {
      if (step.act === "take all back") expect(directory.removeAll(owner)).toBe(mine.length);
      else {
        directory.removeOwner(owner);
        model.owners = model.owners.filter((each) => each !== owner);
      }
      model.files = model.files.filter((each) => each.owner !== owner);
    }
  }
}

function compareAll(directory: Directory, model: Model): void {
  expect(directory.files).toBe(model.files.length);
  expect(directory.bytes).toBe(model.files.reduce((sum, { size }) => sum + size, 0));
  for (const owner of model.owners) {
    const listed: FoundFile[] = [];
    directory.list(owner, 10_000, (each) => listed.push(each));
    expect(listed).toEqual(model.of(owner));
    expect(directory.count(owner)).toBe(listed.length);
    for (const each of listed) expect(directory.file(directory.find(owner, each.path) as number)).toEqual(each);
  }
  const byName = (a: FoundFile, b: FoundFile): number => a.owner - b.owner || (a.path < b.path ? -1 : 1);
  for (const md5 of ["a1".repeat(16), "b2".repeat(16)]) {
    const found: FoundFile[] = [];
    directory.byHash(md5, 1, (each) => found.push(each));
    const expected = model.files.filter((each) => each.md5 === md5 && each.size === 1);
    if (expected.length <= 100) expect(found.sort(byName)).toEqual(expected.sort(byName));
    else expect(found).toHaveLength(100);
  }
}

test("it finds what a plain list of all files finds, in the same order, while sharers come and go and housekeeping goes on", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 250, size: "max" }), (acts) => {
      // So few files may be gone and not swept that all ways of sweeping come about.
      const directory = new Directory({ hashKey: [5, 6], stopWords: NONE, goneFilesSlack: 5 });
      const model = new Model();
      for (let i = 0; i < 3; i++) run(directory, model, { act: "come" });
      for (const step of acts) run(directory, model, step);
      compareAll(directory, model);

      for (const owner of model.owners) directory.removeOwner(owner);
      while (directory.work(1000));
      expect(directory.files).toBe(0);
      expect(directory.memoryUsed).toBe(0);
    }),
    { numRuns: 150 },
  );
});
