// The demo's liar: it offers a popular file under its true hash and serves other bytes. Who checks, finds out.
import type { Library, OpenFile, SharedFile } from "../library/library.ts";

export interface Lie {
  /** Name of the file as it lies in the liar's share. */
  readonly name: string;
  readonly sha1: Uint8Array;
  readonly tigerRoot: Uint8Array;
}

/** The library with one file's hashes replaced; everything else passes through. */
export function lyingLibrary(honest: Library, lie: Lie): Library {
  const told = (file: SharedFile): SharedFile =>
    file.name === lie.name ? { ...file, sha1: lie.sha1, tigerRoot: lie.tigerRoot } : file;
  const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
  const overrides: Partial<Library> = {
    match: (words, limit) => honest.match(words, limit).map(told),
    byIndex: (index) => {
      const file = honest.byIndex(index);
      return file === undefined ? undefined : told(file);
    },
    bySha1: (sha1) => (same(sha1, lie.sha1) ? honest.match(lie.name, 1).map(told)[0] : honest.bySha1(sha1)),
    list: (offset, limit, filter) => {
      const page = honest.list(offset, limit, filter);
      return { ...page, items: page.items.map(told) };
    },
    open: (file): OpenFile | undefined => {
      const real = honest.byIndex(file.index);
      const open = real === undefined ? undefined : honest.open(real);
      return open === undefined ? undefined : { file, fd: open.fd, close: () => open.close() };
    },
    // It has no tree that would fit the hash it claims.
    tigerLevel: (file) => (file.name === lie.name ? undefined : honest.tigerLevel(file)),
  };
  return new Proxy(honest, {
    get: (target, property) => {
      const value = property in overrides ? Reflect.get(overrides, property) : Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
