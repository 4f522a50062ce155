// Sizes, rates and durations as people read them. Decimal units, no locale: the same text on every machine.

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** `0 B`, `812 kB`, `3.1 MB`, `31 MB`: one decimal below 10. */
export function formatBytes(bytes: number): string {
  const power = powerOf(bytes);
  return `${scaled(bytes, power, 9.95)} ${UNITS[power]}`;
}

/** `1.3/3.1 MB`: both in the unit of the whole, finer than `formatBytes`, so that it moves. */
export function formatPart(done: number, total: number): string {
  const power = powerOf(total);
  const decimalsBelow = total / 1000 ** power < 99.95 ? Number.POSITIVE_INFINITY : 0;
  const part = scaled(Math.min(done, total), power, decimalsBelow);
  return `${part}/${scaled(total, power, decimalsBelow)} ${UNITS[power]}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Rounded down, so that 100 % means complete. */
export function formatPercent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((100 * Math.min(done, total)) / total)} %`;
}

/** A clock: `0:02`, `12:07`, `1:02:03`, and from two days on `3 d 4 h`. Milliseconds, rounded up. */
export function formatClock(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = `${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${pad(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** A span in words: `1.8 s`, `42 s`, `3 min`, `5 h 10 min`, `2 d 3 h`. Milliseconds. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `1 peer`, `24 peers`, `2 files`; `plural` where an s is not enough. */
export function counted(count: number, one: string, plural = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : plural}`;
}

/** Thousands apart by a thin gap that every terminal has: `12 345`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

function powerOf(bytes: number): number {
  let power = 0;
  // 999.5 kB would print as 1000 kB: the next unit takes over where rounding does.
  for (let rest = bytes; rest >= (power === 0 ? 1000 : 999.5) && power < UNITS.length - 1; rest /= 1000) power++;
  return power;
}

function scaled(bytes: number, power: number, decimalsBelow: number): string {
  const value = bytes / 1000 ** power;
  return power === 0 || value >= decimalsBelow ? String(Math.round(value)) : value.toFixed(1);
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
