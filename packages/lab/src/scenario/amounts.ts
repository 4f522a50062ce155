// Amounts as people write them in a scenario: times "500ms", "4s", "2m", "1h"; sizes "1MB", "64KiB"; rates "1MB", "4Mbit".
import { decoded, type Decoded } from "@servent/overlay/base/decoded.ts";
import { parseDuration } from "../model-text.ts";

export const TIME_EXPECTED = "a time like 500ms, 4s, 2m or 1h";
export const SIZE_EXPECTED = "a size like 800, 64kB, 1MB or 16MiB";
export const RATE_EXPECTED = "a rate like 64kB, 1MB/s or 4Mbit";

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
/** Lines are sold in bits; one byte has eight. */
const RATES: Readonly<Record<string, number>> = { ...BYTES, bit: 1 / 8, kbit: 1e3 / 8, mbit: 1e6 / 8, gbit: 1e9 / 8 };

const AMOUNT = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/;

/** Whole milliseconds. */
export function parseTime(text: string): Decoded<number> {
  const time = parseDuration(text);
  if (!time.ok) return problem(`${shown(text)} is no time`);
  if (!Number.isInteger(time.value)) {
    return problem(`${text} is no whole number of milliseconds, the ticks of the world`);
  }
  return time;
}

/** Whole bytes. */
export function parseSize(text: string): Decoded<number> {
  const amount = parseAmount(text, BYTES, "size");
  if (!amount.ok) return amount;
  return Number.isSafeInteger(amount.value) ? amount : problem(`${text} is no whole number of bytes`);
}

/** Bytes per second, above 0. */
export function parseRate(text: string): Decoded<number> {
  const amount = parseAmount(text.replace(/\/s$/, ""), RATES, "rate");
  if (!amount.ok) return amount;
  return amount.value > 0 ? amount : problem("nothing would ever pass a line of rate 0");
}

function parseAmount(text: string, units: Readonly<Record<string, number>>, what: string): Decoded<number> {
  const [, digits, unit] = AMOUNT.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined) return problem(`${shown(text)} is no ${what}`);
  if (!Object.hasOwn(units, unit.toLowerCase())) return problem(`"${unit}" is no unit of a ${what}`);
  return decoded(Number(digits) * (units[unit.toLowerCase()] as number));
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
