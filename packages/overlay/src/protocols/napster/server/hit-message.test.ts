import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeMessage } from "../codec.ts";
import { Directory } from "../directory/directory.ts";
import { LIMITS } from "../directory/limits.ts";
import { MESSAGE } from "../messages.ts";
import { formatSearchHit, NO_MD5, type SharedFile } from "../shared-file.ts";
import { hitMessage } from "./hit-message.ts";

const files: fc.Arbitrary<SharedFile> = fc.record({
  path: fc.stringMatching(/^[ -~\xa0-\xff]{1,200}$/),
  md5: fc.oneof(fc.stringMatching(/^[0-9a-f]{32}$/), fc.constantFrom(NO_MD5, "nomd5computed", "")),
  size: fc.integer({ min: 0, max: 0xffff_ffff }),
  bitrate: fc.integer({ min: 0, max: 0xffff }),
  frequency: fc.constantFrom(16_000, 44_100),
  seconds: fc.integer({ min: 0, max: 0xffff }),
  media: fc.constant("mp3" as const),
  urn: fc.constantFrom("", "urn:sha1:6N2SQZII5PHGTL2TLKZX3GG3PXRYL2KZ"),
});

test("a hit written from its record is the one that is written from the file", () => {
  const sharers = fc.record({
    nick: fc.stringMatching(/^[!-~]{1,19}$/),
    ip: fc.integer({ min: 0, max: 0xffff_ffff }),
    port: fc.integer({ min: 0, max: 0xffff }),
    linkSpeed: fc.integer({ min: 0, max: 10 }),
  });
  const directory = new Directory({ hashKey: [1, 2] });
  fc.assert(
    fc.property(files, sharers, fc.boolean(), (file, sharer, isForOurs) => {
      const owner = directory.addOwner();
      directory.add(owner, file);
      const id = directory.find(owner, file.path) as number;
      const hit = hitMessage(directory, id, sharer, isForOurs);
      const { urn: _, ...told } = directory.file(id);
      expect(told).toMatchObject({ path: file.path, size: file.size, md5: file.md5 });
      const text = formatSearchHit({ file, ...sharer }, isForOurs);
      expect(hit.text).toBe(text);
      expect([...hit.bytes]).toEqual([...encodeMessage({ type: MESSAGE.searchHit, text })]);
    }),
  );
});

test("the longest hit fits, and leaves nothing of itself in the next", () => {
  const directory = new Directory({ hashKey: [1, 2] });
  const owner = directory.addOwner();
  const file = {
    size: 0xffff_ffff,
    bitrate: 0xffff,
    frequency: 0xff_ffff,
    seconds: 0xffff,
    media: "mp3",
    urn: "",
  } as const;
  const long = { ...file, path: `"${"é".repeat(LIMITS.pathBytesMax - 2)}"`, md5: "x".repeat(32) };
  const short = { ...file, path: "b", md5: NO_MD5 };
  const sharer = { nick: "n".repeat(19), ip: 0xffff_ffff, port: 0xffff, linkSpeed: 10 };
  for (const each of [long, short]) {
    directory.add(owner, each);
    const hit = hitMessage(directory, directory.find(owner, each.path) as number, sharer, true);
    expect(hit.text).toBe(formatSearchHit({ file: each, ...sharer }, true));
  }
});
