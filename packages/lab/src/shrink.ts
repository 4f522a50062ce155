// The smallest part of a list that still fails: delta debugging (Zeller and Hildebrandt 2002), on complements only. Chunks go,
// large ones first, as long as what is left fails; at the end no single element can be missed.

/** `fails` is asked at most `triesMax` times; then what was reached is the answer. */
export function smallestFailing<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => boolean,
  triesMax: number,
): readonly T[] {
  let left = items;
  let tries = 0;
  let chunk = Math.max(1, Math.floor(left.length / 2));
  while (left.length > 0) {
    let at = 0;
    let hasShrunk = false;
    while (at < left.length) {
      if (++tries > triesMax) return left;
      const shorter = [...left.slice(0, at), ...left.slice(at + chunk)];
      if (fails(shorter)) {
        left = shorter;
        hasShrunk = true;
      } else at += chunk;
    }
    if (chunk === 1 && !hasShrunk) return left;
    chunk = Math.max(1, Math.floor(chunk / 2));
  }
  return left;
}
