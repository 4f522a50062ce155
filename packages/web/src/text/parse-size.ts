// Sizes and rates as people type them: "500 kB", "1.5MB", "4 Mbit", "0".

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  k: 1e3,
  mb: 1e6,
  m: 1e6,
  gb: 1e9,
  g: 1e9,
  tb: 1e12,
};
/** Lines are sold in bits. */
const BITS: Readonly<Record<string, number>> = { bit: 1 / 8, kbit: 1e3 / 8, mbit: 1e6 / 8, gbit: 1e9 / 8 };
const AMOUNT = /^(\d+(?:[.,]\d+)?)\s*([a-z]*)$/;

/** Whole bytes; undefined where it is no size. */
export function parseSize(typed: string): number | undefined {
  return amount(typed.trim().toLowerCase(), BYTES);
}

/** Bytes per second, with or without "/s"; empty is 0. */
export function parseRate(typed: string): number | undefined {
  const text = typed.trim().toLowerCase().replace(/\/s$/, "").trim();
  return text === "" ? 0 : amount(text, { ...BYTES, ...BITS });
}

function amount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit] = AMOUNT.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (digits === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(digits.replace(",", ".")) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}
