// The names that a mistyped one most likely meant.

/** Longer texts are no slip of a known name; comparing them would only cost time. */
const TEXT_LENGTH_MAX = 80;

/** Nearest first, at most `most`; none where every known name is another word rather than a slip. */
export function nearestNames(text: string, known: Iterable<string>, most = 3): string[] {
  if (text.length > TEXT_LENGTH_MAX) return [];
  const wanted = text.toLowerCase();
  // Beyond a third of its letters it is another word.
  const enough = Math.max(2, Math.floor(text.length / 3)) + 1;
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of known) {
    const candidate = name.toLowerCase();
    // Somebody who wrote `hops` where `hops.mean` is known left out the rest.
    const isPart = wanted.length >= 3 && candidate.includes(wanted);
    const distance = isPart ? 1 : editDistance(wanted, candidate, enough);
    if (distance < enough) found.push({ name, distance });
  }
  // Sorting is stable: among equals the order in which they are known decides.
  found.sort((a, b) => a.distance - b.distance);
  return found.slice(0, most).map(({ name }) => name);
}

/** Letters to change, add, take away or swap with the next; `enough` or more is given as `enough`. */
function editDistance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (twoAbove[j - 2] as number) + 1);
      row.push(least);
    }
    twoAbove = above;
    above = row;
  }
  return Math.min(enough, above[b.length] as number);
}
