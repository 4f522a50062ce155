// The result of decoding bytes from outside: a value, or the problem in words. Bad input is data, not an exception.

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function decoded<T>(value: T): Decoded<T> {
  return { ok: true, value };
}

export function malformed(what: string, problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: `${what}: ${problem}` };
}
