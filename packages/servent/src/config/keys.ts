// Every setting there is: its default, what it means, and how its text becomes a value. Only keys that do something.
import { Type, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { isNick } from "@servent/overlay/protocols/napster/nick.ts";
import { isIndexServerName } from "@servent/overlay/protocols/napster/server-name.ts";
import { JUNK } from "../library/exclusions.ts";
import { introducerUrl } from "../joining/introducer-url.ts";
import { parseDuration, parseRate, parseSize, parseTries } from "./units.ts";

/** A value as it stands in a file, a variable or a request. */
export type RawValue = string | number | boolean | null | readonly RawValue[] | { readonly [key: string]: RawValue };

/** One setting. `T` is what the program gets; the raw form is what people write and read. */
export interface SettingKind<T> {
  readonly schema: TSchema;
  readonly default: RawValue;
  readonly description: string;
  /** A change takes effect at the next start. */
  readonly restart: boolean;
  /** The value, or undefined where the text is wrong; `wanted` then says what would be right. */
  parse(raw: unknown): T | undefined;
  readonly wanted: string;
}

interface Texts {
  readonly description: string;
  readonly restart?: boolean;
}

function kind<T>(
  schema: TSchema,
  fallback: RawValue,
  wanted: string,
  texts: Texts,
  convert: (raw: unknown) => T | undefined,
): SettingKind<T> {
  const shape = Compile(schema);
  return {
    schema,
    default: fallback,
    wanted,
    description: texts.description,
    restart: texts.restart ?? false,
    parse: (raw) => (shape.Check(raw) ? convert(raw) : undefined),
  };
}

const flag = (fallback: boolean, texts: Texts) =>
  kind(Type.Boolean(), fallback, "true or false", texts, (raw) => raw as boolean);

const whole = (fallback: number, minimum: number, maximum: number, texts: Texts) =>
  kind(
    Type.Integer({ minimum, maximum }),
    fallback,
    `a whole number, ${minimum} to ${maximum}`,
    texts,
    (raw) => raw as number,
  );

const choice = <const T extends readonly string[]>(values: T, fallback: T[number], texts: Texts) =>
  kind(
    Type.Unsafe<T[number]>({ type: "string", enum: [...values] }),
    fallback,
    `one of ${values.join(", ")}`,
    texts,
    (raw) => raw as T[number],
  );

const words = (fallback: readonly string[], wanted: string, texts: Texts, fits: (word: string) => boolean) =>
  kind(
    Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 1000 }),
    fallback,
    `a list of ${wanted}`,
    texts,
    (raw) => ((raw as string[]).every(fits) ? (raw as readonly string[]) : undefined),
  );

const amountSchema = Type.Union([Type.String({ maxLength: 32 }), Type.Integer({ minimum: 0 })]);
const size = (fallback: string | number, texts: Texts) =>
  kind(amountSchema, fallback, 'bytes, as a number or like "500kB", "1GB", "1GiB"', texts, (raw) =>
    parseSize(raw as string | number),
  );
const rate = (fallback: string | number, texts: Texts) =>
  kind(amountSchema, fallback, 'bytes per second, as a number or like "500kB", "4Mbit"', texts, (raw) =>
    parseRate(raw as string | number),
  );
const duration = (fallback: string, texts: Texts) =>
  kind(
    Type.String({ maxLength: 32 }),
    fallback,
    'a time with its unit, like "250ms", "60s", "30m", "24h", "14d"',
    texts,
    (raw) => parseDuration(raw as string),
  );

/** A full path, or null for the profile's own place. */
const folder = (texts: Texts) =>
  kind(
    Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), Type.Null()]),
    null,
    "a full path, or null",
    texts,
    (raw) => (raw === null || (raw as string).startsWith("/") ? (raw as string | null) : undefined),
  );

/** A file that holds passwords, which settings should not. */
const secretFile = (texts: Texts) =>
  kind(Type.String({ maxLength: 4096 }), "", "the path of a file, absolute, or empty", texts, (raw) =>
    /^(?:\/\P{Cc}+)?$/u.test(raw as string) ? (raw as string) : undefined,
  );

const port = (text: string, least: number) => /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= 65_535;
/** `127.0.0.1:7390`, `[::1]:7390`, `box.lan:7390`. */
const isListen = (text: string) => {
  const [, , digits] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):(\d+)$/.exec(text) ?? [];
  return digits !== undefined && port(digits, 0);
};
/** `127.0.0.1:8888`, or the default, which may be empty. */
const listenPlace = (fallback: string, texts: Texts) =>
  kind(Type.String({ maxLength: 32 }), fallback, 'an address like "127.0.0.1:8888"', texts, (raw) => {
    const [, host = "", digits = ""] = /^(.*):(\d+)$/.exec(raw as string) ?? [];
    const fits = raw === fallback || (isBlock(host) && !host.includes("/") && port(digits, 0));
    return fits ? (raw as string) : undefined;
  });
const isHostName = (text: string) =>
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})$/.test(text) || /^\[[0-9a-fA-F:.]+\]$/.test(text);
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text && text.startsWith("http");
const isEndpoint = (text: string) => {
  const [, digits] = /^[A-Za-z0-9.-]{1,255}:(\d+)$/.exec(text) ?? [];
  return digits !== undefined && port(digits, 1);
};
/** An index server, or a redirector that knows some: `10.0.0.5:8888`, `tls:10.0.0.5:8889#AB:CD…`, `redirect:10.0.0.5:8875`. */
const isEntry = (text: string) => {
  const [, place, fingerprint] = /^(?:(?:tls|redirect):)?([^#]*)(?:#(.*))?$/.exec(text) ?? [];
  if (place === undefined || !isEndpoint(place)) return false;
  return fingerprint === undefined || (text.startsWith("tls:") && /^(?:[0-9a-f]{2}:?){32}$/i.test(fingerprint));
};
/** Four digits are put behind a name that is taken, and servers take nineteen characters. */
const NICK_CHARS_MAX = 15;
const isNickOrEmpty = (text: string) => text === "" || (text.length <= NICK_CHARS_MAX && isNick(text));
const isBlock = (text: string) => {
  const [, ip, bits] = /^((?:\d{1,3}\.){3}\d{1,3})(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  return ip !== undefined && ip.split(".").every((byte) => Number(byte) <= 255) && Number(bits ?? 32) <= 32;
};

/** What the text means, where variables, flags and the command line have nothing but text: JSON, a word, or words with commas. */
export function readText<T>(
  kind: SettingKind<T>,
  text: string,
): { readonly raw: RawValue; readonly value: T } | undefined {
  const forms: RawValue[] = [text, text.split(",").map((word) => word.trim())];
  try {
    forms.unshift(JSON.parse(text) as RawValue);
  } catch {
    // Not JSON, so a word.
  }
  for (const raw of forms) {
    const value = kind.parse(raw);
    if (value !== undefined) return { raw, value };
  }
  return undefined;
}

/** How soon and how often a transfer asks its sources again. */
export interface RetrySetting {
  /** 0: for ever. */
  readonly tries: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

const retry = kind<RetrySetting>(
  Type.Object(
    { tries: Type.Integer({ minimum: 0 }), first: Type.String(), max: Type.String() },
    { additionalProperties: false },
  ),
  { tries: 0, first: "15s", max: "30m" },
  'like {"tries": 0, "first": "15s", "max": "30m"}',
  { description: "Waits between tries: the first, doubling up to the longest. tries 0: for ever." },
  (raw) => {
    const { tries, first, max } = raw as { tries: number; first: string; max: string };
    const firstMs = parseDuration(first);
    const maxMs = parseDuration(max);
    return firstMs === undefined || maxMs === undefined || firstMs === 0 || maxMs < firstMs
      ? undefined
      : { tries, firstMs, maxMs };
  },
);

export const KEYS = {
  "paths.downloads": folder({ description: "Where finished files go. null: servent/ in your download folder." }),
  "paths.incomplete": folder({
    description: "Where unfinished files wait; best on the same file system. null: the state folder.",
    restart: true,
  }),

  "http.listen": words(
    ["127.0.0.1:7390", "[::1]:7390"],
    'addresses like "127.0.0.1:7390"',
    { description: "Where page and API listen. Any address but loopback needs a token first.", restart: true },
    isListen,
  ),
  "http.allowedHosts": words(
    [],
    'host names like "box.lan", without port',
    { description: "Names by which this daemon may be called, besides localhost and loopback addresses." },
    isHostName,
  ),
  "http.allowedOrigins": words(
    [],
    'origins like "https://box.lan"',
    { description: "Origins of the page besides the daemon's own address, for a proxy in front of it." },
    isOrigin,
  ),
  "http.socket": kind(
    Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), Type.Boolean(), Type.Null()]),
    true,
    "a full path, true, or false",
    { description: "The local socket. true: in the runtime folder; false or null: none.", restart: true },
    (raw) => (typeof raw === "string" ? (raw.startsWith("/") ? raw : undefined) : raw === true),
  ),
  "auth.sessionHours": whole(168, 1, 8760, { description: "How long a browser stays logged in." }),
  "auth.loginTries": kind(
    Type.String(),
    "10/10m",
    'tries per time, like "10/10m"',
    { description: "Failed logins per address before it has to wait; from this machine they only get slower." },
    (raw) => parseTries(raw as string),
  ),

  "net.interface": kind(
    Type.Union([Type.String({ maxLength: 15 }), Type.Null()]),
    null,
    'an IPv4 address of this machine, like "192.168.1.7", or null',
    { description: "Listen on and dial from this address only. null: any.", restart: true },
    (raw) =>
      raw === null || (isBlock(raw as string) && !(raw as string).includes("/")) ? (raw as string | null) : undefined,
  ),
  "net.allowPrivate": flag(false, { description: "May peers send us to private addresses?" }),
  "net.allowAddresses": words(
    [],
    'address blocks like "127.0.0.0/8"',
    { description: "Address blocks accepted from peers although they are private." },
    isBlock,
  ),

  introducers: words(
    [],
    'addresses like "https://peers.example"',
    { description: "Introducers asked for first peers, for any network that looks for some." },
    (text) => introducerUrl(text) !== undefined,
  ),
  "lan.discovery": flag(false, {
    description: "Find peers on the same local link, and be found by them (multicast DNS).",
  }),

  "limits.down": rate(0, { description: "All downloads together. 0: free." }),
  "limits.up": rate(0, { description: "All uploads together. 0: free." }),
  "limits.slow.enabled": flag(false, { description: "Slow mode: use the two rates below instead." }),
  "limits.slow.down": rate("200kB", { description: "Downloads in slow mode." }),
  "limits.slow.up": rate("50kB", { description: "Uploads in slow mode." }),

  "transfers.activeDown": whole(8, 1, 1000, { description: "Downloads at the same time." }),
  "transfers.activeUp": whole(6, 0, 1000, { description: "Uploads at the same time." }),
  "transfers.perPeer": whole(2, 1, 100, { description: "Uploads to one peer at the same time." }),
  "transfers.retry": retry,
  "transfers.stall": duration("60s", {
    description: "Without a byte for this long, other sources are looked for as well.",
  }),
  "transfers.reserveDisk": size("1GB", { description: "Downloads pause rather than leave less free space than this." }),
  "transfers.onConflict": choice(["rename", "skip"], "rename", {
    description: "Where a file of that name is already there.",
  }),

  "share.hidden": flag(false, { description: "Offer files and folders whose names begin with a dot." }),
  "share.symlinks": choice(["never", "inside"], "never", {
    description: "Follow symbolic links; inside: only to targets within the share.",
  }),
  "share.exclude": words(
    JUNK,
    "patterns",
    { description: "Names never offered, in any share." },
    (word) => word.length > 0,
  ),
  "share.watch": flag(true, { description: "See changes on disk at once." }),
  "share.rescan": duration("24h", { description: "Look through all shares again after this time." }),
  "share.hashRate": rate("40MB", { description: "Read no faster than this while hashing. 0: free." }),

  "search.timeout": duration("30s", { description: "A search ends after this time." }),
  "search.maxHits": whole(2000, 1, 100_000, { description: "A search ends after this many hits." }),
  "search.keep": duration("7d", { description: "Searches and their results are forgotten after this time." }),

  "network.gnutella.enabled": flag(false, { description: "Gnutella is on." }),
  "network.gnutella.port": whole(0, 0, 65_535, {
    description: "Where peers reach us. 0: one chosen at random, then kept.",
    restart: true,
  }),
  "network.gnutella.bootstrap": words(
    [],
    'peers like "10.0.0.5:6346"',
    { description: "Peers to ask first." },
    isEndpoint,
  ),
  "network.gnutella.role": choice(["auto", "leaf", "ultrapeer", "classic"], "auto", {
    description:
      "What we do for others. auto: a leaf, or an ultrapeer where only leaves are met; classic: a flat overlay of equals, as in Gnutella 0.4.",
  }),
  "network.gnutella.reachable": choice(["auto", "yes", "no"], "auto", {
    description: "Can peers connect to us? auto: once one did. no: we do not listen, and are asked to call instead.",
    restart: true,
  }),
  "network.gnutella.links": whole(0, 0, 1000, { description: "How many neighbours to keep. 0: by role." }),
  "network.gnutella.maxTtl": whole(0, 0, 10, {
    description: "How many hops our searches go. 0: 4, in the classic role 7.",
  }),

  "lab.maxMemory": size("2GB", { description: "What all runs of the lab together may need on this machine." }),
  "lab.threads": whole(0, 0, 1024, {
    description: "Processes that the lab runs in at the same time. 0: one less than there are cores.",
  }),

  "network.chord.enabled": flag(false, { description: "Chord is on." }),
  "network.chord.port": whole(0, 0, 65_535, {
    description: "Where peers reach us, by UDP and by TCP. 0: one chosen at random, then kept.",
    restart: true,
  }),
  "network.chord.bootstrap": words(
    [],
    'peers like "10.0.0.5:7000"',
    { description: "Peers to ask first." },
    isEndpoint,
  ),
  "network.chord.virtualNodes": whole(1, 1, 16, {
    description: "Members of the ring that we are: each takes its part of the keys, on a UDP port of its own.",
    restart: true,
  }),

  "network.napster.enabled": flag(false, { description: "Napster is on: we log in to index servers." }),
  "network.napster.port": whole(0, 0, 65_535, {
    description: "Where peers reach us for files. 0: one chosen at random, then kept.",
    restart: true,
  }),
  "network.napster.bootstrap": words(
    [],
    'index servers like "10.0.0.5:8888", "tls:10.0.0.5:8889", or redirectors like "redirect:10.0.0.5:8875"',
    {
      description:
        "Index servers to log in to, and redirectors that name some. tls: on a port that speaks TLS; with #FINGERPRINT of its certificate behind it, only there.",
    },
    isEntry,
  ),
  "network.napster.servers": whole(2, 1, 8, {
    description: "Index servers to be logged in to at the same time: when one dies, the others still know us.",
  }),
  "network.napster.nick": kind(
    Type.String({ maxLength: NICK_CHARS_MAX }),
    "",
    'up to 15 letters, digits and signs, none of % $ * ? . ! " , \\ and first none of # & : -; or empty',
    {
      description:
        "Our name at index servers. They take 19 characters, and where the name is taken four digits are put behind it, so it has 15. A change logs in anew. Empty: made up once, then kept.",
    },
    (raw) => (isNickOrEmpty(raw as string) ? (raw as string) : undefined),
  ),
  "network.napster.password": kind(
    Type.String({ maxLength: 128 }),
    "",
    "letters, digits and signs without blanks or quotes, or empty",
    {
      description:
        "For registered names. Goes over the wire in clear. A change logs in anew. Empty: made up once, then kept.",
    },
    (raw) => (/^[!#-~]*$/.test(raw as string) ? (raw as string) : undefined),
  ),
  "network.napster.reachable": choice(["yes", "no"], "yes", {
    description: "Can peers connect to us? no: we do not listen, and are asked to call instead.",
    restart: true,
  }),

  "napsterServer.enabled": flag(false, { description: "We are an index server for Napster clients." }),
  "napsterServer.listen": listenPlace("0.0.0.0:8888", {
    description: "Where clients log in; their passwords cross it in clear, as the protocol has it.",
  }),
  "napsterServer.tls": listenPlace("", { description: "Where clients log in that speak TLS first. Empty: nowhere." }),
  "napsterServer.requireTls": flag(false, { description: "No port for clear text." }),
  "napsterServer.registeredOnly": flag(false, { description: "Only who has an account may log in." }),
  "napsterServer.memory": kind(
    amountSchema,
    "1GiB",
    'bytes from "64MiB" to "4GiB"',
    { description: "Memory for the list of what users share. One address may fill a sixteenth of it." },
    (raw) => {
      const bytes = parseSize(raw as string | number);
      return bytes === undefined || bytes < 64 * 1024 ** 2 || bytes > 4 * 1024 ** 3 ? undefined : bytes;
    },
  ),
  "napsterServer.users": whole(1000, 1, 100_000, { description: "Users at the same time." }),
  "napsterServer.name": kind(
    Type.String({ maxLength: 64 }),
    "servent",
    "ASCII without blanks",
    { description: "What the index server is called." },
    (raw) => (isIndexServerName(raw as string) ? (raw as string) : undefined),
  ),
  "napsterServer.links": secretFile({
    description: "A file that names OpenNap servers to link with, and their passwords. Empty: none.",
  }),
  "napsterServer.union": secretFile({
    description: "A file that says how the other servers of our union are reached, and its key. Empty: we are in none.",
  }),
  "napsterServer.motd": words(
    [],
    "lines of text",
    { description: "What everybody reads who logs in." },
    (line) => !/\p{Cc}/u.test(line),
  ),

  "log.level": choice(["debug", "info", "warn", "error"], "info", { description: "What is written to the log." }),
  "log.keep": duration("14d", { description: "Log files are removed after this time." }),
} as const;

export type SettingKey = keyof typeof KEYS;
export type SettingValue<K extends SettingKey> = (typeof KEYS)[K] extends SettingKind<infer T> ? T : never;

export const SETTING_KEYS = Object.keys(KEYS) as readonly SettingKey[];

export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(KEYS, text);
}

/** `limits.slow.down` → `SERVENT_LIMITS_SLOW_DOWN`, `auth.loginTries` → `SERVENT_AUTH_LOGIN_TRIES`. */
export function settingVariable(key: SettingKey): string {
  return `SERVENT_${key.replace(/[A-Z]/g, "_$&").replaceAll(".", "_").toUpperCase()}`;
}

/** The known key that is spelled most like `text`, or undefined where none is near. */
export function nearestKey(text: string): SettingKey | undefined {
  let nearest: SettingKey | undefined;
  // Beyond a third of its letters it is another word, not a slip.
  let least = Math.max(2, Math.floor(text.length / 3)) + 1;
  for (const key of SETTING_KEYS) {
    const distance = editDistance(text.toLowerCase(), key.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      nearest = key;
    }
  }
  return nearest;
}

/** Letters to change, add or take away; `enough` or more is given as `enough`. */
function editDistance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    above = row;
  }
  return Math.min(enough, above[b.length] as number);
}
