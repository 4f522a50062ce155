// The shared files as the Gnutella node sees them.
import { sha1Urn } from "@servent/overlay/base/urn.ts";
import type { GnutellaLibrary, SharedRecord } from "@servent/overlay/protocols/gnutella/answers.ts";
import type { QueryRoutingTable } from "@servent/overlay/protocols/gnutella/query-routing.ts";
import type { Library } from "../../library/library.ts";

export class SharedFiles implements GnutellaLibrary {
  private readonly library: Library;
  private readonly uploadsBusy: () => boolean;

  constructor(library: Library, uploadsBusy: () => boolean) {
    this.library = library;
    this.uploadsBusy = uploadsBusy;
  }

  get busy(): boolean {
    return this.uploadsBusy();
  }

  get files(): number {
    return this.library.totals().files;
  }

  get kilobytes(): number {
    return Math.min(Math.ceil(this.library.totals().bytes / 1024), 0xffff_ffff);
  }

  get version(): number {
    return this.library.version;
  }

  match(words: string, sha1s: readonly Uint8Array[], limit: number): readonly SharedRecord[] {
    const found = new Map<number, SharedRecord>();
    for (const sha1 of sha1s) {
      const file = this.library.bySha1(sha1);
      if (file !== undefined) found.set(file.index, file);
    }
    if (words !== "") for (const file of this.library.match(words, limit)) found.set(file.index, file);
    return [...found.values()].slice(0, limit);
  }

  addWords(table: QueryRoutingTable): void {
    this.library.forEachWord((word) => table.addWord(word));
    for (let offset = 0; ; offset += URN_PAGE) {
      const { items } = this.library.list(offset, URN_PAGE);
      for (const { sha1 } of items) if (sha1 !== undefined) table.addUrn(sha1Urn(sha1));
      if (items.length < URN_PAGE || offset + URN_PAGE >= URNS_MAX) return;
    }
  }
}

const URN_PAGE = 1000;
/** More URNs than this would fill a table of 65,536 slots and help nobody. */
const URNS_MAX = 10_000;
