// Our own clients at other people's servers: those have no place for a SHA-1, but its 32 characters of base 32 fit where an MD5 stands,
// and servers pass on what stands there. Files that have an MD5 keep it, since old clients look for holders of a file by it.
import { NO_MD5, type SharedFile, URN_PREFIX } from "./shared-file.ts";

/** Base 32 that is no hexadecimal number. */
const SHA1 = /^(?=.*[g-z])[a-z2-7]{32}$/;

/** The file as it is told to a server that knows no URNs. */
export function withUrnInMd5(file: SharedFile): SharedFile {
  const hasRoom = file.md5 === "" || file.md5 === NO_MD5;
  const md5 = hasRoom && file.urn !== "" ? file.urn.slice(URN_PREFIX.length).toLowerCase() : file.md5;
  return { ...file, md5, urn: "" };
}

/** The file as such a server told it, with the URN that its owner claims. */
export function withUrnOfMd5(file: SharedFile): SharedFile {
  if (file.urn !== "" || !SHA1.test(file.md5)) return file;
  return { ...file, md5: NO_MD5, urn: URN_PREFIX + file.md5.toUpperCase() };
}
