// Numbers, sizes, times for people, in the browser's language.

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

const counts = new Intl.NumberFormat();
const tenths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const wholes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const plurals = new Intl.PluralRules("en");

export function count(value: number): string {
  return counts.format(value);
}

/** "1 source", "2 sources". The noun's other form is given where it is not made with an s. */
export function counted(value: number, one: string, other = `${one}s`): string {
  return `${counts.format(value)} ${plurals.select(value) === "one" ? one : other}`;
}

/** Bytes with decimal units and two or three digits: "812 kB", "3.1 MB". */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999 950 would be shown as "1000 kB".
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? wholes : tenths;
  return `${digits.format(value)}\u00a0${SIZE_UNITS[unit]}`;
}

export function rate(bytesPerSecond: number): string {
  return `${size(bytesPerSecond)}/s`;
}

/** Whole per cent, rounded down: what is not finished never shows 100 %. */
export function percent(done: number, total: number): string {
  return `${wholes.format(total === 0 ? 100 : Math.floor((done / total) * 100))}\u00a0%`;
}

/** How long: "0:07", "12:40", "3 h 12 min", "4 d". */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}\u00a0h\u00a0${minutes % 60}\u00a0min`;
  return `${counts.format(Math.round(minutes / 1440))}\u00a0d`;
}

/** Seconds with one decimal, for what is short: "1.8 s". */
export function seconds(ms: number): string {
  return `${tenths.format(ms / 1000)}\u00a0s`;
}

/** The time of day; with the day where that is not today. */
export function when(time: string | number, now = Date.now()): string {
  const date = new Date(time);
  return date.toDateString() === new Date(now).toDateString() ? clockTime.format(date) : dayAndTime.format(date);
}

export function fullTime(time: string | number): string {
  return full.format(new Date(time));
}

/** "2 min. ago". */
export function since(time: string | number, now = Date.now()): string {
  const passed = (new Date(time).getTime() - now) / 1000;
  const steps = [
    ["second", 1, 60],
    ["minute", 60, 3600],
    ["hour", 3600, 86_400],
    ["day", 86_400, Number.POSITIVE_INFINITY],
  ] as const;
  const [unit, unitSeconds] = steps.find(([, , end]) => Math.abs(passed) < end) ?? steps[3];
  return ago.format(Math.round(passed / unitSeconds), unit);
}
