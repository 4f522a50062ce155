import { useState } from "react";

/** State of a table that the browser remembers. What was stored by another version of the page is checked by `isValid`. */
export function useRemembered<T>(
  key: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): readonly [T, (value: T) => void] {
  const name = `servent.${key}`;
  const [value, setValue] = useState(() => {
    const stored = localStorage.getItem(name);
    if (stored === null) return initial;
    try {
      const parsed: unknown = JSON.parse(stored);
      return isValid(parsed) ? parsed : initial;
    } catch {
      return initial;
    }
  });
  const set = (next: T) => {
    localStorage.setItem(name, JSON.stringify(next ?? null));
    setValue(next);
  };
  return [value, set];
}

export function isSort(value: unknown): value is { by: string; isDescending: boolean } | undefined {
  if (value === null || value === undefined) return true;
  const { by, isDescending } = value as { by?: unknown; isDescending?: unknown };
  return typeof by === "string" && typeof isDescending === "boolean";
}
