// Numbers as a report shows them.

const DIGITS = 4;
const NARROW_SPACE = "\u202f";

/** Four significant digits, whole numbers in full, thousands apart; an em dash where there is none. */
export function numberText(value: number | undefined, digits = DIGITS): string {
  if (value === undefined || Number.isNaN(value)) return "—";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return exponentText(value, digits);
  const plain = Number.isInteger(value) || size >= 1e4 ? String(Math.round(value)) : shortText(value, digits);
  const [whole, fraction] = plain.replace("-", "").split(".") as [string, string | undefined];
  const sign = value < 0 && Number(plain) !== 0 ? "−" : "";
  return sign + grouped(whole) + (fraction === undefined ? "" : `.${fraction}`);
}

/**
 * Numbers of one column or axis with equal decimals, so that they line up and can be compared at a glance: as many as the
 * largest needs. Whom that would hide is shown for itself.
 */
export function columnTexts(values: readonly (number | undefined)[], digits = DIGITS): string[] {
  const texts = values.map((value) => numberText(value, digits));
  const decimals = Math.max(0, ...texts.map((text) => (text.includes("×") ? 0 : (text.split(".")[1]?.length ?? 0))));
  const largest = Math.max(0, ...values.map((value) => (value === undefined ? 0 : Math.abs(value))));
  const wholeDigits = String(Math.floor(largest)).length;
  // As many decimals as the largest needs: two at least, so that the small ones of a column say something too.
  const width = Math.min(decimals, Math.max(2, digits - wholeDigits));
  return texts.map((text, i) => {
    const value = values[i];
    if (decimals === 0 || value === undefined || !Number.isFinite(value)) return text;
    const fixed = Math.abs(value).toFixed(width);
    if (Number(fixed) === 0 && value !== 0) return text;
    const [whole, fraction] = fixed.split(".") as [string, string];
    return `${value < 0 ? "−" : ""}${grouped(whole)}.${fraction}`;
  });
}

/** A share as a percentage with its sign: `+0.4 %`. */
export function percentText(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  const sign = Number(text) === 0 ? "" : share > 0 ? "+" : "−";
  return `${sign}${text}${NARROW_SPACE}%`;
}

function shortText(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

function exponentText(value: number, digits: number): string {
  const [head, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  return `${Number(head)} × 10^${Number(exponent)}`.replaceAll("-", "−");
}

/** `10 000`, but `1000`: four digits are read at a glance. */
function grouped(whole: string): string {
  return whole.length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}
