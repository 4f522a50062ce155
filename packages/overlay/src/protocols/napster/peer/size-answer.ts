// What an owner answers to GET: the size of the file in digits, without an end, and the bytes of the file right behind it. Only
// whoever knows the size can tell where the one ends and the other begins. Some owners send what is left from the offset on instead.

export type SizeAnswer =
  | { readonly at: "more" }
  /** `used` characters are the size; the file follows. */
  | { readonly at: "size"; readonly used: number }
  /** The owner has another file under this name, or says no. */
  | { readonly at: "no"; readonly problem: "other-size" | "not-shared" | "not-announced" | "invalid" };

/** Longer than any size and any of the known refusals. */
export const SIZE_ANSWER_CHARS_MAX = 32;

const REFUSALS: readonly (readonly [string, "not-shared" | "not-announced" | "invalid"])[] = [
  ["FILE NOT SHARED", "not-shared"],
  ["FILE NOT FOUND", "not-shared"],
  ["FILE NOT REQUESTED", "not-announced"],
  ["INVALID REQUEST", "invalid"],
  ["0INVALID REQUEST", "invalid"],
];

/** @param text What has come so far, as byte text. @param isEnded No more will come. */
export function readSizeAnswer(text: string, total: number, offset: number, isEnded: boolean): SizeAnswer {
  const whole = String(total);
  // All of it is what nearly everybody sends, so it is waited for even where what is left would be a beginning of it.
  const isPart = whole.startsWith(text) && text.length < whole.length && !isEnded;
  const sizes = isPart ? [whole] : [whole, String(total - offset)];
  for (const digits of sizes) if (text.startsWith(digits)) return { at: "size", used: digits.length };
  for (const [refusal, problem] of REFUSALS) if (text.startsWith(refusal)) return { at: "no", problem };
  const isHopeful = [...sizes, ...REFUSALS.map(([refusal]) => refusal)].some((each) => each.startsWith(text));
  if (isHopeful && !isEnded) return { at: "more" };
  return { at: "no", problem: /^\d/.test(text) ? "other-size" : "invalid" };
}
