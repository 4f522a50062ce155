// Names that peers tell, no longer than makes sense.

/** Longer names are cut: no file system takes them, and a page should not have to. */
export const NAME_MAX = 255;

/** At most so many UTF-16 code units, and no half of a surrogate pair: such text can be neither escaped nor encoded. */
export function cutName(name: string, most = NAME_MAX): string {
  const whole = name.toWellFormed();
  const splitsPair = (whole.codePointAt(most - 1) ?? 0) > 0xffff;
  return whole.slice(0, splitsPair ? most - 1 : most);
}
