// Every bound of the directory, with its reason. What a server may want otherwise is an option; these are its defaults.

export const LIMITS = {
  /** Files in all: three times what the largest servers of 2001 had. */
  filesMax: 3_000_000,
  /** Files of one owner: `max_shared` of opennap. */
  filesPerOwnerMax: 5000,
  /** Memory in all. A file takes about 300 bytes. */
  bytesMax: 1024 * 1024 * 1024,
  /** Memory of one owner, at the most that his files could take: twice what 5,000 usual ones count, so that nobody crowds others out. */
  bytesPerOwnerMax: 16 * 1024 * 1024,
  /** Words by which a file is found: as opennap-ng. */
  wordsPerFileMax: 31,
  /** A length and so many bytes fill one line of memory; nobody types longer words. */
  wordBytesMax: 63,
  /** A path that comes in a message of 2,048 bytes is shorter. */
  pathBytesMax: 2048,
  /** Text in the place of the MD5: as opennap-ng. */
  md5BytesMax: 32,
  /** Postings that one search reads, and looks that it takes at files: a few ms at the worst. Then older files are not found. */
  searchPostingsMax: 500_000,
  searchLooksMax: 50_000,
  /** Holders of one file that one question is answered with, and entries looked at for them. */
  holdersMax: 100,
  holdersLookedAtMax: 10_000,
  /** Work units that each new file pays while there is housekeeping to do, so that memory stays bounded without a timer, too. */
  workPerFile: 256,
  /** Files that are gone but still named by postings: beyond a quarter of all and this, lists are swept that are mostly alive. */
  goneFilesSlack: 4096,
} as const;
