// The settings of a run, each as the type that its default has; whoever starts a run has checked them.
import { assert } from "@servent/overlay/base/assert.ts";
import type { Settings } from "./program.ts";

export function numberOf(settings: Settings, name: string): number {
  const value = settings[name];
  assert(typeof value === "number", `the setting ${name} is a number`);
  return value;
}

export function numbersOf(settings: Settings, name: string): readonly number[] {
  const value = settings[name];
  assert(Array.isArray(value), `the setting ${name} is a list of numbers`);
  return value;
}

/** One of the words that the setting may be. */
export function wordOf<const T extends string>(settings: Settings, name: string, words: readonly T[]): T {
  const word = words.find((each) => each === settings[name]);
  assert(word !== undefined, `the setting ${name} is one of its words`);
  return word;
}
