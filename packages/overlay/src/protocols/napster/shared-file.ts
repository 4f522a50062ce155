// A file as clients register it and servers answer with it. Path, hash and measures are what its owner says, nothing else.
import { type Decoded, decoded, malformed } from "../../base/decoded.ts";
import { FieldReader, ipField, ipv4OfField, quote, wholeNumber } from "./fields.ts";
import { LIMITS } from "./limits.ts";

/** `mp3`: whatever came without a type, as in the first years. */
export const MEDIA_TYPES = ["mp3", "audio", "video", "text", "image", "application"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

export interface SharedFile {
  /** As its owner names it, byte text; blanks and either kind of slash may stand in it, a quote may not. */
  readonly path: string;
  /** Lower case, at most 32 characters; what it is the hash of differs from client to client. Zeros: none. */
  readonly md5: string;
  /** Bytes. */
  readonly size: number;
  /** Kbit/s. */
  readonly bitrate: number;
  /** Hz. */
  readonly frequency: number;
  readonly seconds: number;
  readonly media: MediaType;
  /** `urn:sha1:…` as our own clients add it; empty where none is claimed. */
  readonly urn: string;
}

/** Where no hash is known. */
export const NO_MD5 = "0".repeat(32);
/** What OpenNap gives files whose measures nobody told; their seconds are 0. */
export const BITRATE_UNKNOWN = 8;
export const FREQUENCY_UNKNOWN = 16_000;

/** Before the base 32 of a SHA-1, 32 characters. */
export const URN_PREFIX = "urn:sha1:";
const URN = /^urn:sha1:[A-Z2-7]{32}$/;

export function isSha1Urn(text: string): boolean {
  return URN.test(text);
}

const SIZE_MAX = 0xffff_ffff;
const SECONDS_MAX = 0xffff;
const BITRATES = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320, 512];
const FREQUENCIES = [16_000, 24_000, 22_050, 32_000, 44_100, 48_000];
/** Stands where no hash is claimed and something follows. */
export const NO_URN = "-";

/** `share`: `"path" md5 size bitrate frequency seconds [urn]`. */
export function parseShare(text: string): Decoded<SharedFile> {
  const reader = new FieldReader(text);
  const path = reader.next();
  return path === undefined ? malformed("share", "no path") : readFile(reader, path, true);
}

export function formatShare(file: SharedFile): string {
  return `${quote(file.path)} ${measures(file)}${file.urn === "" ? "" : ` ${file.urn}`}`;
}

/** `share media`: `"path" size md5 type [urn]`. */
export function parseShareMedia(text: string): Decoded<SharedFile> {
  const reader = new FieldReader(text);
  const path = reader.next();
  const size = wholeNumber(reader.next(), SIZE_MAX);
  const md5 = reader.next();
  const media = reader.next()?.toLowerCase();
  const known = MEDIA_TYPES.find((type) => type === media);
  if (path === undefined || size === undefined || md5 === undefined || known === undefined) {
    return malformed("share media", "path, size, hash and type are wanted");
  }
  const problem = pathProblem(path);
  if (problem !== undefined) return malformed("share media", problem);
  return decoded({
    path,
    md5: foldMd5(md5),
    size,
    bitrate: BITRATE_UNKNOWN,
    frequency: FREQUENCY_UNKNOWN,
    seconds: 0,
    media: known,
    urn: readUrn(reader),
  });
}

export function formatShareMedia(file: SharedFile): string {
  return `${quote(file.path)} ${file.size} ${file.md5 || NO_MD5} ${file.media}${file.urn === "" ? "" : ` ${file.urn}`}`;
}

/** `share directory`: `"dir" "name" md5 size bitrate frequency seconds …`. What is right in front of a mistake counts. */
export function parseShareDirectory(text: string): {
  readonly files: readonly SharedFile[];
  readonly problem: string | undefined;
} {
  const reader = new FieldReader(text);
  const files: SharedFile[] = [];
  const folder = reader.next();
  if (folder === undefined) return { files, problem: "no directory" };
  const prefix = /[\\/]$/.test(folder) ? folder : `${folder}\\`;
  for (let name = reader.next(); name !== undefined; name = reader.next()) {
    if (files.length >= LIMITS.filesPerMessageMax) return { files, problem: "too many files" };
    const file = readFile(reader, prefix + name, false);
    if (!file.ok) return { files, problem: file.problem };
    files.push(file.value);
  }
  return { files, problem: undefined };
}

/** `"dir" "name" md5 size bitrate frequency seconds …` for files of one directory. The caller keeps to the server's limit of length. */
export function formatShareDirectory(
  folder: string,
  names: readonly { readonly name: string; readonly file: SharedFile }[],
): string {
  return `${quote(folder)}${names.map(({ name, file }) => ` ${quote(name)} ${measures(file)}`).join("")}`;
}

/** A file and who has it: `search hit`. */
export interface SearchHit {
  readonly file: SharedFile;
  readonly nick: string;
  /** IPv4, big endian. */
  readonly ip: number;
  readonly linkSpeed: number;
  /** Where the owner listens, 0: nowhere. Only our own servers say it in a hit. */
  readonly port?: number;
}

/** `"path" md5 size bitrate frequency seconds nick ip speed [weight [urn [port]]]`. */
export function parseSearchHit(text: string): Decoded<SearchHit> {
  const reader = new FieldReader(text);
  const path = reader.next();
  if (path === undefined) return malformed("search hit", "no path");
  const file = readFile(reader, path, false);
  if (!file.ok) return file;
  const nick = reader.next();
  const ip = ipv4OfField(reader.next());
  const linkSpeed = wholeNumber(reader.next(), 10);
  if (nick === undefined || ip === undefined || linkSpeed === undefined) {
    return malformed("search hit", "nick, address and speed are wanted");
  }
  reader.next();
  const urn = readUrn(reader);
  const port = wholeNumber(reader.next(), 0xffff);
  return decoded({ file: { ...file.value, urn }, nick, ip, linkSpeed, ...(port === undefined ? {} : { port }) });
}

/** @param isForOurs URN and port stand behind the weight, where old clients do not look. */
export function formatSearchHit({ file, nick, ip, linkSpeed, port }: SearchHit, isForOurs: boolean): string {
  const more = file.urn === "" && port === undefined ? "" : ` 0 ${file.urn || NO_URN}`;
  const urn = isForOurs ? more + (port === undefined ? "" : ` ${port}`) : "";
  return `${quote(file.path)} ${measures(file)} ${nick} ${ipField(ip)} ${linkSpeed}${urn}`;
}

/** `browse file`: `nick "path" md5 size bitrate frequency seconds [urn]`. */
export function parseBrowseFile(text: string): Decoded<{ readonly nick: string; readonly file: SharedFile }> {
  const reader = new FieldReader(text);
  const nick = reader.next();
  const path = reader.next();
  if (nick === undefined || path === undefined) return malformed("browse file", "nick and path are wanted");
  const file = readFile(reader, path, true);
  return file.ok ? decoded({ nick, file: file.value }) : file;
}

export function formatBrowseFile(nick: string, file: SharedFile, withUrn: boolean): string {
  return `${nick} ${quote(file.path)} ${measures(file)}${withUrn && file.urn !== "" ? ` ${file.urn}` : ""}`;
}

/** The next bitrate that the directory knows, upwards; beyond the last the first, as in OpenNap. */
export function roundBitrate(kbps: number): number {
  return BITRATES.find((known) => known >= kbps) ?? BITRATE_UNKNOWN;
}

export function roundFrequency(hertz: number): number {
  return FREQUENCIES.find((known) => known >= hertz) ?? FREQUENCY_UNKNOWN;
}

/** `md5 size bitrate frequency seconds`, the fields behind every path. */
export function measures(file: SharedFile): string {
  return `${file.md5 || NO_MD5} ${file.size} ${file.bitrate} ${file.frequency} ${file.seconds}`;
}

function readFile(reader: FieldReader, path: string, withUrn: boolean): Decoded<SharedFile> {
  const md5 = reader.next();
  const size = wholeNumber(reader.next(), SIZE_MAX);
  const bitrate = wholeNumber(reader.next(), SIZE_MAX);
  const frequency = wholeNumber(reader.next(), SIZE_MAX);
  const seconds = wholeNumber(reader.next(), SIZE_MAX);
  if (
    md5 === undefined ||
    size === undefined ||
    bitrate === undefined ||
    frequency === undefined ||
    seconds === undefined
  ) {
    return malformed("share", "hash, size, bitrate, frequency and seconds are wanted");
  }
  const problem = pathProblem(path);
  if (problem !== undefined) return malformed("share", problem);
  return decoded({
    path,
    md5: foldMd5(md5),
    size,
    bitrate,
    frequency,
    seconds: Math.min(seconds, SECONDS_MAX),
    media: "mp3",
    urn: withUrn ? readUrn(reader) : "",
  });
}

function pathProblem(path: string): string | undefined {
  if (path === "") return "an empty path";
  return path.length > LIMITS.pathBytesMax ? `a path of ${path.length} bytes` : undefined;
}

/** `md5-N` of the official client and longer forms lose their tail, as with opennap-ng. */
function foldMd5(md5: string): string {
  return md5.slice(0, 32).toLowerCase();
}

function readUrn(reader: FieldReader): string {
  const urn = reader.next() ?? "";
  return isSha1Urn(urn) ? urn : "";
}
