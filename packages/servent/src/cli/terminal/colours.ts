// Quiet colours: only the sixteen that every theme of a terminal defines, and never the only mark of anything.

export type Style = "dim" | "bold" | "red" | "green" | "yellow" | "cyan";

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Paints `text`, or leaves it as it is where the stream takes no colour. */
export type Paint = (text: string, style: Style | undefined) => string;

export function painter(isColoured: boolean): Paint {
  if (!isColoured) return (text) => text;
  return (text, style) => {
    if (style === undefined || text === "") return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** The colour of a state word, wherever one is shown: transfers, networks, searches, checks. */
export function stateStyle(state: string): Style | undefined {
  return STATES[state];
}

const STATES: Readonly<Record<string, Style>> = {
  active: "cyan",
  checking: "cyan",
  done: "green",
  online: "green",
  open: "green",
  ready: "green",
  have: "green",
  ok: "green",
  failed: "red",
  fail: "red",
  error: "red",
  unreachable: "red",
  waiting: "yellow",
  finding: "yellow",
  warn: "yellow",
  busy: "yellow",
  push: "yellow",
  starting: "yellow",
  connecting: "yellow",
  dialling: "yellow",
  handshaking: "yellow",
  scanning: "yellow",
  hashing: "yellow",
  stopping: "yellow",
  running: "cyan",
  off: "dim",
  queued: "dim",
  paused: "dim",
  cancelled: "dim",
  stopped: "dim",
  idle: "dim",
};
