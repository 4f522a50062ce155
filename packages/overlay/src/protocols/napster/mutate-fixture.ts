// Damaged inputs for the tests of parsers: real ones with bytes changed, cut, doubled and moved, the same for the same seed.

/** So many texts, each made of one of the samples by a few blows. */
export function* mutations(samples: readonly string[], count: number, seed: number): Iterable<string> {
  let state = seed >>> 0;
  // Mulberry32: enough to choose places.
  const draw = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  for (let i = 0; i < count; i++) {
    let text = samples[draw(samples.length)] as string;
    for (let blows = 1 + draw(4); blows > 0; blows--) {
      const at = draw(text.length + 1);
      const part = draw(12);
      const odd = ODD[draw(ODD.length)] as string;
      switch (draw(5)) {
        case 0:
          text = text.slice(0, at) + String.fromCharCode(draw(256)) + text.slice(at + 1);
          break;
        case 1:
          text = text.slice(0, at);
          break;
        case 2:
          text = text.slice(0, at) + text.slice(at + part);
          break;
        case 3:
          text = text.slice(0, at) + text.slice(Math.max(0, at - part), at) + text.slice(at);
          break;
        case 4:
          text = text.slice(0, at) + odd + text.slice(at);
      }
    }
    yield text;
  }
}

/** What parsers stumble over. */
const ODD = [
  '"',
  " ",
  '""',
  "  ",
  "\0",
  "\n",
  "-1",
  "0",
  "4294967296",
  "99999999999999999999",
  "1e9",
  "\xff",
  "FILENAME",
];
