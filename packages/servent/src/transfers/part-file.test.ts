import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PartFile } from "./part-file.ts";
import { CHECKED, MISSING, PIECE_BYTES, PieceMap, SEVERAL, WRITTEN } from "./piece-map.ts";

const SIZE = 3 * PIECE_BYTES + 5;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "servent-part-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function opened(): { map: PieceMap; part: PartFile } {
  const map = new PieceMap(SIZE);
  const part = new PartFile(folder, "t_1", map);
  expect(part.open()).toBe(true);
  return { map, part };
}

async function put({ map, part }: ReturnType<typeof opened>, piece: number, giver: number): Promise<void> {
  const bytes = new Uint8Array(map.endOf(piece) - map.startOf(piece)).fill(piece + 1);
  await part.write(bytes, map.startOf(piece));
  expect(map.append(map.startOf(piece), bytes.length, giver)).toBe(true);
  part.list(piece);
}

const states = (map: PieceMap) => [0, 1, 2, 3].map((piece) => map.state(piece));

test("what was listed is there after a crash, with who gave it", async () => {
  const before = opened();
  await put(before, 2, 7);
  await put(before, 3, SEVERAL);
  before.map.set(2, CHECKED, 7);
  await before.part.sync();

  const after = opened();

  expect(states(after.map)).toEqual([MISSING, MISSING, WRITTEN, WRITTEN]);
  expect([after.map.giver(2), after.map.giver(3)]).toEqual([7, SEVERAL]);
  expect(after.map.bytesDone).toBe(PIECE_BYTES + 5);
  before.part.close();
  after.part.close();
});

test("after a power cut only what was forced to disk counts", async () => {
  const before = opened();
  await put(before, 0, 1);
  await before.part.sync();
  await put(before, 1, 1);
  before.part.close();
  const list = join(folder, "t_1.pieces");
  const bytes = readFileSync(list);
  bytes.write("servent-pieces/1 another-boot", 0, "latin1");
  writeFileSync(list, bytes);

  const after = opened();

  expect(states(after.map)).toEqual([WRITTEN, MISSING, MISSING, MISSING]);
  after.part.close();
});

test("a piece that was reset is missing after a crash", async () => {
  const before = opened();
  await put(before, 0, 1);
  before.map.reset(0);
  before.part.list(0);
  before.part.close();

  const after = opened();

  expect(states(after.map)).toEqual([MISSING, MISSING, MISSING, MISSING]);
  after.part.close();
});

test("pieces beyond the end of a shortened file, and a list that is not ours, count for nothing", async () => {
  const before = opened();
  await put(before, 0, 1);
  await put(before, 3, 1);
  before.part.close();
  truncateSync(before.part.path, 2 * PIECE_BYTES);
  const shortened = opened();
  expect(states(shortened.map)).toEqual([WRITTEN, MISSING, MISSING, MISSING]);
  shortened.part.close();

  writeFileSync(join(folder, "t_1.pieces"), "rubbish".repeat(30));
  const foreign = opened();
  expect(states(foreign.map)).toEqual([MISSING, MISSING, MISSING, MISSING]);
  foreign.part.close();
});

test("a file that is opened again is trusted unless somebody changed it", async () => {
  const held = opened();
  await put(held, 0, 1);
  held.part.close();
  expect(held.part.open()).toBe(true);
  held.part.close();

  appendFileSync(held.part.path, "x");

  expect(held.part.open()).toBe(false);
  held.part.close();
});

test("only we may read an incomplete file, and a link in its place is not followed", () => {
  const { part } = opened();
  expect(statSync(part.path).mode & 0o777).toBe(0o600);
  part.close();

  const target = join(folder, "target");
  writeFileSync(target, "mine");
  symlinkSync(target, join(folder, "t_2.part"));

  expect(() => new PartFile(folder, "t_2", new PieceMap(1)).open()).toThrow(/ELOOP/);
  expect(readFileSync(target, "utf8")).toBe("mine");
});
