// What a server has of our files, and the messages that bring it to what we offer now. Only names, sizes and hashes go up.
import { LIMITS } from "./limits.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import type { NapsterLibrary } from "./client-options.ts";
import { type Message, MESSAGE } from "./messages.ts";
import type { Session } from "./session.ts";
import { withUrnInMd5 } from "./urn-in-md5.ts";
import { formatShare, formatShareDirectory, formatShareMedia, measures, type SharedFile } from "./shared-file.ts";

/** The present files, looked up once for all sessions. */
export class Offer {
  private readonly library: NapsterLibrary;
  private known = -1;
  private files = new Map<string, SharedFile>();

  constructor(library: NapsterLibrary) {
    this.library = library;
  }

  get version(): number {
    return this.library.version;
  }

  /** By path. */
  all(): ReadonlyMap<string, SharedFile> {
    const { version } = this.library;
    if (version !== this.known) {
      this.known = version;
      this.files = new Map();
      for (const file of this.library.files()) {
        if (this.files.size >= CLIENT_LIMITS.sharesMax) break;
        if (isRegistrable(file)) this.files.set(file.path, file);
      }
    }
    return this.files;
  }
}

/** Works out what has to be said to the server. Nothing is sent yet. */
export function planRegistration(session: Session, offer: Offer): void {
  const files = offer.all();
  session.libraryVersion = offer.version;
  session.leaving = [];
  for (const [path, said] of session.registered) {
    const file = files.get(path);
    if (file === undefined || whatIsSaid(session, file) !== said) session.leaving.push(path);
  }
  const leaving = new Set(session.leaving);
  session.waiting = [...files.values()].filter(({ path }) => !session.registered.has(path) || leaving.has(path));
  session.waitingAt = 0;
}

/** The next message of the registration; undefined: all is said. */
export function nextRegistration(session: Session): Message | undefined {
  const path = session.leaving.pop();
  if (path !== undefined) {
    session.registered.delete(path);
    // Without quotes: both OpenNap servers take the payload as it stands.
    return { type: MESSAGE.unshare, text: path };
  }
  const file = session.waiting[session.waitingAt];
  if (file === undefined) return undefined;
  return session.isOurs ? single(session, file) : folder(session);
}

function single(session: Session, file: SharedFile): Message {
  session.waitingAt++;
  session.registered.set(file.path, whatIsSaid(session, file));
  if (!session.isOurs) return { type: MESSAGE.share, text: formatShare(withUrnInMd5(file)) };
  return file.media === "mp3"
    ? { type: MESSAGE.share, text: formatShare(file) }
    : { type: MESSAGE.shareMedia, text: formatShareMedia(file) };
}

/**
 * As many files of one folder as fit into a message. Other people's servers get every kind as music, as others did it: who does not
 * name a kind in a search finds nothing else, and 0.36 has no word for all kinds.
 */
function folder(session: Session): Message {
  const first = session.waiting[session.waitingAt] as SharedFile;
  const [prefix] = splitPath(first.path);
  if (prefix === "") return single(session, first);
  const files: { readonly name: string; readonly file: SharedFile }[] = [];
  let bytes = prefix.length + 2;
  while (files.length < LIMITS.filesPerMessageMax) {
    const file = session.waiting[session.waitingAt];
    if (file === undefined) break;
    const [where, name] = splitPath(file.path);
    const told = withUrnInMd5(file);
    bytes += name.length + 4 + measures(told).length;
    if (where !== prefix || bytes > LIMITS.clientPayloadBytesMax) break;
    files.push({ name, file: told });
    session.registered.set(file.path, whatIsSaid(session, file));
    session.waitingAt++;
  }
  return files.length === 0
    ? single(session, first)
    : { type: MESSAGE.shareDirectory, text: formatShareDirectory(prefix, files) };
}

/** Folder and name; the server puts a backslash between them. */
function splitPath(path: string): readonly [folder: string, name: string] {
  const cut = path.lastIndexOf("\\");
  return cut <= 0 ? ["", path] : [path.slice(0, cut), path.slice(cut + 1)];
}

/** Two equal texts need not be said twice. */
function whatIsSaid(session: Session, file: SharedFile): string {
  return session.isOurs ? `${file.media} ${measures(file)} ${file.urn}` : measures(withUrnInMd5(file));
}

const SIZE_MAX = 0xffff_ffff;

/** Longer paths and larger files cannot be said; and a quote ends a field. */
function isRegistrable({ path, size }: SharedFile): boolean {
  return path !== "" && path.length <= PATH_BYTES_MAX && size <= SIZE_MAX && !path.includes('"');
}

/** opennap-ng keeps 259 bytes of a path; what it cuts, it cannot find again. */
const PATH_BYTES_MAX = 255;
