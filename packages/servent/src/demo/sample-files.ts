// Free sample files of several kinds, made by arithmetic: texts, tables, pictures and sounds that open in any program.
// The same name always gives the same bytes, so several peers can hold one content.
import { deflateSync, crc32, gzipSync } from "node:zlib";

export interface SampleFile {
  /** Folder and name below the share. */
  readonly path: string;
  make(): Uint8Array;
}

/** A small generator of numbers with its seed in words; nothing here needs more. */
function numbers(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39) + 0x9e3779b9;
    return (state >>> 0) / 2 ** 32;
  };
}

const text = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`);

/** Heights of a made-up harbour: two tides a day from the moon, one from the sun. */
function tideTable(harbour: string, days: number): Uint8Array {
  const phase = numbers(harbour)() * 6.28;
  const lines = [`Tide table of ${harbour}, an invented harbour. Heights in metres.`, ""];
  for (let hour = 0; hour < days * 24; hour++) {
    const height = 3 + 1.6 * Math.cos((hour / 12.42) * 6.2832 + phase) + 0.5 * Math.cos((hour / 12) * 6.2832);
    lines.push(
      `day ${String(Math.floor(hour / 24) + 1).padStart(3)}  ${String(hour % 24).padStart(2, "0")}:00  ${height.toFixed(2)}`,
    );
  }
  return text(lines);
}

function moonPhases(years: number): Uint8Array {
  const lines = ["lunation,day,phase"];
  const names = ["new moon", "first quarter", "full moon", "last quarter"];
  for (let quarter = 0; quarter < years * 49.5; quarter++) {
    lines.push(`${Math.floor(quarter / 4) + 1},${((quarter * 29.530_588) / 4).toFixed(2)},${names[quarter % 4]}`);
  }
  return text(lines);
}

const NOUNS = [
  "tide",
  "moon",
  "forest",
  "river",
  "stone",
  "lantern",
  "harbour",
  "winter",
  "meadow",
  "signal",
  "cloud",
  "path",
];
const VERBS = ["holds", "follows", "answers", "remembers", "crosses", "hides", "wakes", "carries"];

function story(title: string, sentences: number): Uint8Array {
  const next = numbers(title);
  const pick = (words: readonly string[]): string => words[Math.floor(next() * words.length)] as string;
  const lines = [title, ""];
  for (let i = 0; i < sentences; i++) lines.push(`The ${pick(NOUNS)} ${pick(VERBS)} the ${pick(NOUNS)}.`);
  return text(lines);
}

/** Mono, 16 bit, 22,050 Hz: filtered noise that swells like surf, or wind in trees. */
function sound(seed: string, seconds: number, swell: number): Uint8Array {
  const next = numbers(seed);
  const rate = 22_050;
  const samples = rate * seconds;
  // A buffer of its own, so that the samples lie on even addresses.
  const wav = Buffer.from(new ArrayBuffer(44 + 2 * samples));
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(36 + 2 * samples, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(2 * samples, 40);
  const data = new Int16Array(wav.buffer, wav.byteOffset + 44, samples);
  let low = 0;
  for (let from = 0; from < samples; from += SWELL_STEP) {
    const loudness = 60_000 * (0.55 + 0.45 * Math.sin((from / rate / swell) * 6.2832));
    const to = Math.min(samples, from + SWELL_STEP);
    for (let i = from; i < to; i++) {
      low += 0.08 * (next() * 2 - 1 - low);
      data[i] = low * loudness;
    }
  }
  return wav;
}

/** Samples between two changes of loudness: fine enough that nobody hears steps. */
const SWELL_STEP = 256;

/** A grey picture of `width` × `width`; `shade` gives 0 … 1 for each point. */
function picture(width: number, shade: (x: number, y: number) => number): Uint8Array {
  const rows = Buffer.alloc(width * (width + 1));
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + x + 1] = Math.round(255 * Math.min(1, Math.max(0, shade(x / width, y / width))));
    }
  }
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(width, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function moonPicture(seed: string, width: number): Uint8Array {
  const next = numbers(seed);
  const craters = Array.from({ length: 60 }, () => ({ x: next(), y: next(), r: 0.01 + 0.06 * next() * next() }));
  const grain = Float32Array.from({ length: width }, () => next() * 0.06);
  return picture(width, (x, y) => {
    const edge = Math.sqrt((x - 0.5) ** 2 + (y - 0.5) ** 2);
    if (edge > 0.46) return 0.02;
    let shade = 0.75 - edge * 0.6 + (grain[Math.floor(((x * 31 + y * 17) % 1) * width)] as number);
    for (const crater of craters) {
      const dx = x - crater.x;
      const dy = y - crater.y;
      if (Math.abs(dx) > 2 * crater.r || Math.abs(dy) > 2 * crater.r) continue;
      const near = Math.sqrt(dx * dx + dy * dy) / crater.r;
      if (near < 1) shade -= 0.18 * (1 - near);
      else if (near < 1.2) shade += 0.08;
    }
    return shade;
  });
}

function treePicture(seed: string, width: number): Uint8Array {
  const next = numbers(seed);
  const trees = Array.from({ length: 40 }, () => ({ x: next(), base: 0.5 + 0.5 * next(), height: 0.2 + 0.4 * next() }));
  return picture(width, (x, y) => {
    let shade = 0.9 - 0.3 * y;
    for (const { x: centre, base, height } of trees) {
      const up = (base - y) / height;
      if (up > 0 && up < 1 && Math.abs(x - centre) < 0.04 * (1 - up)) shade = 0.15 + 0.3 * (1 - base);
    }
    return shade;
  });
}

function drawing(title: string, waves: number): Uint8Array {
  const next = numbers(title);
  const lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400">', `<title>${title}</title>`];
  for (let i = 0; i < waves; i++) {
    const y = 40 + (i / waves) * 340;
    const points = Array.from(
      { length: 41 },
      (_, p) => `${p * 20},${(y + 12 * Math.sin(p / 3 + next() * 0.4 + i)).toFixed(1)}`,
    );
    lines.push(`<polyline fill="none" stroke="#246" stroke-opacity="0.5" points="${points.join(" ")}"/>`);
  }
  return text([...lines, "</svg>"]);
}

const HARBOURS = [
  "Graywater",
  "Northsound",
  "Saltmarsh",
  "Kelp Bay",
  "Old Pier",
  "Sandrift",
  "Low Ness",
  "Mirrormouth",
];
const TITLES = [
  "The Tide Keeper",
  "Moon over the Weir",
  "A Forest of Masts",
  "Letters from the Lighthouse",
  "River and Stone",
  "Winter Signals",
];

/** All samples, in an order that never changes: the demo deals them out by number. */
export const SAMPLE_FILES: readonly SampleFile[] = [
  { path: "tables/tide-tables.txt", make: () => tideTable("all harbours", 1400) },
  ...HARBOURS.map((harbour, i) => ({
    path: `tables/${harbour} tide table.txt`,
    make: () => tideTable(harbour, 60 + 90 * i),
  })),
  { path: "tables/moon-phases.csv", make: () => moonPhases(400) },
  { path: "tables/moon-phases-short.csv", make: () => moonPhases(19) },
  ...TITLES.flatMap((title, i) => [
    { path: `stories/${title}.txt`, make: () => story(title, 400 * (i + 1)) },
    { path: `stories/${title}.txt.gz`, make: () => gzipSync(story(title, 400 * (i + 1))) },
  ]),
  { path: "sounds/tidepool.wav", make: () => sound("tidepool", 70, 6) },
  { path: "sounds/spring tide at night.wav", make: () => sound("spring tide", 180, 9) },
  { path: "sounds/forest wind.wav", make: () => sound("forest wind", 240, 14) },
  { path: "sounds/forest rain.wav", make: () => sound("forest rain", 45, 30) },
  { path: "sounds/moonlit harbour.wav", make: () => sound("moonlit harbour", 120, 11) },
  { path: "sounds/blue train passing.wav", make: () => sound("blue train", 20, 4) },
  { path: "pictures/full moon.png", make: () => moonPicture("full", 768) },
  { path: "pictures/moon over forest.png", make: () => moonPicture("forest", 512) },
  { path: "pictures/moon, small.png", make: () => moonPicture("small", 128) },
  { path: "pictures/forest in fog.png", make: () => treePicture("fog", 640) },
  { path: "pictures/forest edge.png", make: () => treePicture("edge", 320) },
  { path: "drawings/tide lines.svg", make: () => drawing("Tide lines", 60) },
  { path: "drawings/waves at low tide.svg", make: () => drawing("Waves at low tide", 24) },
  { path: "drawings/forêt au clair de lune.svg", make: () => drawing("Forêt au clair de lune", 40) },
  { path: "drawings/潮の満ち引き tide.svg", make: () => drawing("潮の満ち引き", 30) },
  { path: "notes/empty tide note.txt", make: () => new Uint8Array(0) },
  { path: "notes/README of the forest.txt", make: () => story("README of the forest", 12) },
];
