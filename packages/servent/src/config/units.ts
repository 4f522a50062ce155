// Amounts as people write them in the configuration: "500kB", "4Mbit", "1.5GiB", "60s", "24h", "10/10m".

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
/** Lines are sold in bits; one byte has eight. */
const BITS: Readonly<Record<string, number>> = { bit: 1 / 8, kbit: 1e3 / 8, mbit: 1e6 / 8, gbit: 1e9 / 8 };
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AMOUNT = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i;

function amount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit] = AMOUNT.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

function count(value: number): number | undefined {
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Bytes: a number, or "1GB" (10^9), "1GiB" (2^30). */
export function parseSize(value: string | number): number | undefined {
  return typeof value === "number" ? count(value) : amount(value, BYTES);
}

/** Bytes per second: as a size, with or without "/s", or in bits: "4Mbit". */
export function parseRate(value: string | number): number | undefined {
  return typeof value === "number" ? count(value) : amount(value.replace(/\/s$|ps$/i, ""), { ...BYTES, ...BITS });
}

/** Milliseconds: "250ms", "60s", "30m", "24h", "14d". A bare number would leave the reader guessing. */
export function parseDuration(value: string): number | undefined {
  return amount(value, MILLISECONDS);
}

/** "10/10m": ten tries in ten minutes. */
export function parseTries(value: string): { readonly tries: number; readonly windowMs: number } | undefined {
  const [tries, window, more] = value.split("/");
  const windowMs = window === undefined ? undefined : parseDuration(window);
  if (more !== undefined || windowMs === undefined || windowMs === 0 || !/^[1-9]\d{0,5}$/.test(tries as string)) {
    return undefined;
  }
  return { tries: Number(tries), windowMs };
}
