// The directory of a Napster server with a million files of 500 sharers: what a share, a search and a leaving sharer cost, and
// how much memory it takes; and what opennap-ng 0.50 needs for the same, measured before. Exits with 1 where a limit is missed.
//
//   node bench/napster-directory.ts [files]
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { ANY } from "../packages/overlay/src/protocols/napster/range.ts";
import type { Criteria } from "../packages/overlay/src/protocols/napster/directory/criteria.ts";
import { Directory } from "../packages/overlay/src/protocols/napster/directory/directory.ts";
import type { Owner } from "../packages/overlay/src/protocols/napster/directory/found-file.ts";
import { hitMessage } from "../packages/overlay/src/protocols/napster/server/hit-message.ts";
import type { SharedFile } from "../packages/overlay/src/protocols/napster/shared-file.ts";
import { queryWords, STOP_WORDS } from "../packages/overlay/src/protocols/napster/directory/words.ts";
import { Songs } from "./napster-songs.ts";

const SHARERS = 500;
const RESULTS = 100;
const SHARER = { nick: "sharer12", ip: 0x7f00_0001, port: 6699, linkSpeed: 8 };
const QUESTIONS = 5000;
const ROUNDS = 10;
/** Units of one slice of housekeeping, and slices between two rounds of all leaving: a tenth of what there is to do. */
const SLICE = 10_000;
const SLICES_BETWEEN = 1000;

/** What is measured, its unit, the limit, and opennap-ng's figure. */
const TABLE: Readonly<Record<string, { unit: string; limit?: number; rival?: number }>> = {
  "share, mean CPU": { unit: "µs", limit: 20, rival: 115 },
  "share, first tenth": { unit: "µs", limit: 20 },
  "share, last tenth": { unit: "µs", limit: 20 },
  "share, p50": { unit: "µs", limit: 20 },
  "share, longest": { unit: "ms", limit: 10 },
  "memory of a file": { unit: "bytes", limit: 600, rival: 1041 },
  "… of which tables": { unit: "bytes", limit: 600 },
  "different words": { unit: "" },
  "title search, mean CPU": { unit: "µs", limit: 100, rival: 665 },
  "… results": { unit: "" },
  "title search, p50": { unit: "µs", limit: 100 },
  "title search, p99": { unit: "µs", limit: 1000 },
  "two words at random, mean CPU": { unit: "µs", limit: 100 },
  "… that never meet, mean CPU": { unit: "µs", limit: 100 },
  "unknown word, mean CPU": { unit: "µs", limit: 10, rival: 76 },
  "a word and a size that no file has, longest": { unit: "ms", limit: 10 },
  "sharer of 2,000 files leaves": { unit: "ms", limit: 1 },
  "… longest slice of housekeeping": { unit: "ms", limit: 10 },
  "all leave": { unit: "ms", limit: 10, rival: 22_000 },
  "… housekeeping until all is forgotten, CPU": { unit: "ms", limit: 22_000 },
  "… its longest slice": { unit: "ms", limit: 10 },
  "memory of a file, all joined for the 10th time": { unit: "bytes", limit: 600 },
  "while all goes on: search, p50": { unit: "µs", limit: 100 },
  "… search, p99": { unit: "µs", limit: 1000 },
  "… share or unshare, p99": { unit: "µs", limit: 100 },
  "… longest of them and of housekeeping": { unit: "ms", limit: 10 },
};

function compare(files: number): void {
  console.log(`${files} files of ${SHARERS} sharers, ${process.version}, ${cpus()[0]?.model}`);
  const run = spawnSync(process.execPath, ["--expose-gc", import.meta.filename, "--measure", String(files)], {
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const figures = JSON.parse(run.stdout) as Record<string, number>;
  const missed: string[] = [];
  for (const [name, { unit, limit, rival }] of Object.entries(TABLE)) {
    const figure = figures[name] as number;
    const value = `${figure.toFixed(figure < 10 ? 2 : 0)} ${unit}`.trimEnd();
    console.log(
      `${name.padEnd(56)} ${value.padStart(12)}   ${rival === undefined ? "" : `opennap-ng ${rival} ${unit}`}`,
    );
    if (limit !== undefined && !(figure <= limit)) missed.push(`${name}: ${value}, limit ${limit} ${unit}`);
  }
  for (const text of missed) console.error(`missed: ${text}`);
  if (missed.length > 0) process.exitCode = 1;
}

function measure(files: number): void {
  const songs = new Songs(Math.max(10_000, files / 2));
  const each = Math.round(files / SHARERS);
  const figures: Record<string, number> = {};
  // The songs' own garbage and the compiler have taken their memory before ours is counted.
  const warm = new Directory({ hashKey: [1, 2] });
  for (let sharer = 0; sharer < 20; sharer++) {
    const owner = warm.addOwner();
    for (const file of songs.folder(each)) warm.add(owner, file);
  }

  const before = resident();
  const directory = new Directory({ hashKey: [3, 4] });
  const owners: Owner[] = [];
  const shareMs: number[] = [];
  const shares = new Times();
  for (let sharer = 0; sharer < SHARERS; sharer++) {
    const folder = songs.folder(each);
    const owner = directory.addOwner();
    owners.push(owner);
    const share = (file: SharedFile): void => must(directory.add(owner, file) === "added");
    const started = process.cpuUsage();
    if (sharer % 10 === 9) for (const file of folder) shares.of(() => share(file));
    else {
      for (const file of folder) share(file);
      shareMs.push(cpuMs(started) / each);
    }
  }
  figures["share, mean CPU"] = 1000 * mean(shareMs);
  figures["share, first tenth"] = 1000 * mean(shareMs.slice(0, SHARERS / 10));
  figures["share, last tenth"] = 1000 * mean(shareMs.slice(-SHARERS / 10));
  figures["share, p50"] = shares.us(0.5);
  figures["share, longest"] = shares.longestMs;
  figures["memory of a file"] = (resident() - before) / directory.files;
  figures["… of which tables"] = directory.memoryBytes / directory.files;
  figures["different words"] = directory.wordCount;

  /** With the answer written. */
  const search = (words: readonly string[], rest: Partial<Criteria> = {}): number => {
    const found = directory.search({ ...EVERYTHING, words, ...rest }, RESULTS, (owner) => owner !== 0);
    for (const id of found) hitMessage(directory, id, SHARER, false);
    return found.length;
  };
  const titles = Array.from({ length: QUESTIONS }, () => songs.question());
  const pairs = Array.from({ length: QUESTIONS }, () => queryWords(`${songs.word()} ${songs.word()}`, STOP_WORDS));
  const unknown = titles.map((words) => [...words, "nobodyhasthis"]);
  figures["title search, mean CPU"] = meanCpuUs(titles, search);
  figures["… results"] = mean(titles.map((words) => search(words)));
  const searches = new Times();
  for (const words of titles) searches.of(() => search(words));
  figures["title search, p50"] = searches.us(0.5);
  figures["title search, p99"] = searches.us(0.99);
  figures["two words at random, mean CPU"] = meanCpuUs(pairs, search);
  figures["… that never meet, mean CPU"] = meanCpuUs(
    pairs.filter((words) => search(words) === 0),
    search,
  );
  figures["unknown word, mean CPU"] = meanCpuUs(unknown, search);
  const worst = new Times();
  for (const [word] of titles) worst.of(() => search([word as string], { size: { least: 1, most: 1 } }));
  figures["a word and a size that no file has, longest"] = worst.longestMs;

  const [leaver, ...others] = owners;
  const leave = new Times();
  leave.of(() => directory.removeOwner(leaver as Owner));
  figures["sharer of 2,000 files leaves"] = leave.longestMs;
  figures["… longest slice of housekeeping"] = tidy(directory).longestMs;

  const leaveAll = new Times();
  leaveAll.of(() => {
    for (const owner of others) directory.removeOwner(owner);
  });
  figures["all leave"] = leaveAll.longestMs;
  must(directory.files === 0 && titles.every((words) => search(words) === 0));
  const all = tidy(directory);
  figures["… housekeeping until all is forgotten, CPU"] = all.cpuMs;
  figures["… its longest slice"] = all.longestMs;
  must(directory.memoryUsed === 0);

  for (let round = 1; round <= ROUNDS; round++) {
    // They come again before all is tidied, but for the first time.
    for (const owner of owners.splice(0)) if (round > 1) directory.removeOwner(owner);
    for (let slice = 0; slice < SLICES_BETWEEN; slice++) directory.work(SLICE);
    for (let sharer = 0; sharer < SHARERS; sharer++) {
      const owner = directory.addOwner();
      owners.push(owner);
      for (const file of songs.folder(each)) must(directory.add(owner, file) === "added");
      directory.work(SLICE);
    }
  }
  figures["memory of a file, all joined for the 10th time"] = (resident() - before) / directory.files;

  Object.assign(figures, churn(directory, songs, owners, each, titles));
  console.log(JSON.stringify(figures));
}

/** Sharers leave and others come, files are shared and taken back, and between them somebody searches. */
function churn(
  directory: Directory,
  songs: Songs,
  owners: Owner[],
  each: number,
  titles: readonly (readonly string[])[],
): Record<string, number> {
  const [searches, shares, slices] = [new Times(), new Times(), new Times()];
  for (let turn = 0; turn < 50; turn++) {
    const place = songs.below(owners.length);
    directory.removeOwner(owners[place] as Owner);
    const owner = directory.addOwner();
    owners[place] = owner;
    const mine: string[] = [];
    for (const [i, file] of songs.folder(each).entries()) {
      shares.of(() => directory.add(owner, file));
      mine.push(file.path);
      if (i % 5 === 4) {
        const path = mine[songs.below(mine.length)] as string;
        shares.of(() => directory.remove(owner, path));
      }
      if (i % 10 === 0) {
        const asked = { ...EVERYTHING, words: titles[songs.below(titles.length)] as readonly string[] };
        searches.of(() => directory.search(asked, RESULTS, (other) => other !== owner));
      }
      if (i % 100 === 0) slices.of(() => directory.work(SLICE));
    }
  }
  return {
    "while all goes on: search, p50": searches.us(0.5),
    "… search, p99": searches.us(0.99),
    "… share or unshare, p99": shares.us(0.99),
    "… longest of them and of housekeeping": Math.max(searches.longestMs, shares.longestMs, slices.longestMs),
  };
}

const EVERYTHING: Criteria = {
  words: [],
  without: [],
  size: ANY,
  bitrate: ANY,
  frequency: ANY,
  seconds: ANY,
  media: "mp3",
};

/** Housekeeping to the end. */
function tidy(directory: Directory): { cpuMs: number; longestMs: number } {
  const started = process.cpuUsage();
  const slices = new Times();
  while (slices.of(() => directory.work(SLICE)));
  return { cpuMs: cpuMs(started), longestMs: slices.longestMs };
}

function meanCpuUs(asked: readonly (readonly string[])[], search: (words: readonly string[]) => number): number {
  const started = process.cpuUsage();
  for (const words of asked) search(words);
  return (1000 * cpuMs(started)) / asked.length;
}

/**
 * Times of single acts, by the clock: CPU time is counted in ticks, too coarse for one act. An act during which the system gave the
 * processor to another program is not counted, so a time is what it takes when nobody interrupts; our own collector does count.
 */
class Times {
  private readonly ms: number[] = [];

  /** What the act returns. */
  of<T>(act: () => T): T {
    const switches = process.resourceUsage().involuntaryContextSwitches;
    const started = performance.now();
    const result = act();
    const ms = performance.now() - started;
    if (process.resourceUsage().involuntaryContextSwitches === switches) this.ms.push(ms);
    return result;
  }

  get longestMs(): number {
    return this.ms.reduce((most, ms) => Math.max(most, ms), 0);
  }

  us(part: number): number {
    this.ms.sort((a, b) => a - b);
    return 1000 * (this.ms[Math.floor(this.ms.length * part)] ?? Number.NaN);
  }
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Bytes, without the garbage of the songs. */
function resident(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function must(condition: boolean): void {
  if (!condition) throw new Error("the directory does not do what it should");
}

const [mode = "", files = ""] = process.argv.slice(2);
if (mode === "--measure") measure(Number(files));
else compare(mode === "" ? 1_000_000 : Number(mode));
