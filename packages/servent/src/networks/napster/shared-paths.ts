// The shared files as index servers and peers know them: by paths in byte text, with backslashes, and without quotes, which no
// message could carry.
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import { toByteText } from "@servent/overlay/protocols/napster/byte-text.ts";
import { CLIENT_LIMITS } from "@servent/overlay/protocols/napster/client-limits.ts";
import type { NapsterLibrary } from "@servent/overlay/protocols/napster/client-options.ts";
import { mediaTypeOf } from "@servent/overlay/protocols/napster/media-type.ts";
import {
  BITRATE_UNKNOWN,
  FREQUENCY_UNKNOWN,
  NO_MD5,
  type SharedFile,
} from "@servent/overlay/protocols/napster/shared-file.ts";
import type { Library, SharedFile as LibraryFile } from "../../library/library.ts";
import type { MusicFacts } from "./music-facts.ts";

/** Files read of the library at once. */
const PAGE = 1000;

export interface FactsSource {
  /** Grows when something was found out. */
  readonly version: number;
  of(file: LibraryFile): MusicFacts | undefined;
}

export class SharedPaths implements NapsterLibrary {
  private readonly library: Pick<Library, "list" | "byIndex" | "version">;
  private readonly facts: FactsSource;
  private known = -1;
  private shared: readonly SharedFile[] = [];
  private indices = new Map<string, number>();

  constructor(library: Pick<Library, "list" | "byIndex" | "version">, facts: FactsSource) {
    this.library = library;
    this.facts = facts;
  }

  get version(): number {
    return this.library.version + this.facts.version;
  }

  files(): readonly SharedFile[] {
    this.refresh();
    return this.shared;
  }

  /** The file that was registered under this path, or undefined. */
  fileAt(path: string): LibraryFile | undefined {
    this.refresh();
    const index = this.indices.get(path);
    return index === undefined ? undefined : this.library.byIndex(index);
  }

  private refresh(): void {
    const { version } = this;
    if (version === this.known) return;
    this.known = version;
    this.indices = new Map();
    const shared: SharedFile[] = [];
    for (const file of this.offered()) {
      const path = pathOf(file);
      if (this.indices.has(path)) continue;
      this.indices.set(path, file.index);
      shared.push(toShared(file, path, this.facts.of(file)));
    }
    this.shared = shared;
  }

  private *offered(): Iterable<LibraryFile> {
    for (let offset = 0; offset < CLIENT_LIMITS.sharesMax; offset += PAGE) {
      const { items } = this.library.list(offset, Math.min(PAGE, CLIENT_LIMITS.sharesMax - offset));
      // Without a hash it is not offered yet.
      for (const file of items) if (file.sha1 !== undefined) yield file;
      if (items.length < PAGE) return;
    }
  }
}

function pathOf({ virtualPath }: LibraryFile): string {
  return toByteText(virtualPath.toWellFormed())
    .replaceAll("/", "\\")
    .replaceAll('"', "'")
    .replaceAll(/[\r\n]/g, " ");
}

function toShared(file: LibraryFile, path: string, facts: MusicFacts | undefined): SharedFile {
  return {
    path,
    md5: facts?.md5 ?? NO_MD5,
    size: file.size,
    bitrate: facts?.bitrate ?? BITRATE_UNKNOWN,
    frequency: facts?.frequency ?? FREQUENCY_UNKNOWN,
    seconds: facts?.seconds ?? 0,
    media: mediaTypeOf(file.name),
    urn: file.sha1 === undefined ? "" : sha1Urn(file.sha1),
  };
}
