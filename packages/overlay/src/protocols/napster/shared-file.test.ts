import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpv4 } from "../../base/ipv4.ts";
import { mediaTypeOf } from "./media-type.ts";
import { mutations } from "./mutate-fixture.ts";
import {
  formatBrowseFile,
  formatSearchHit,
  formatShare,
  formatShareDirectory,
  formatShareMedia,
  MEDIA_TYPES,
  NO_MD5,
  parseBrowseFile,
  parseSearchHit,
  parseShare,
  parseShareDirectory,
  parseShareMedia,
  roundBitrate,
  roundFrequency,
  type SharedFile,
} from "./shared-file.ts";

const URN = "urn:sha1:6N2SQZII5PHGTL2TLKZX3GG3PXRYL2KZ";
const HIT = '"\\mnt\\music\\Test Band - First Song.mp3" nomd5computed 375750 128 44100 23 alice 184549503 0';
const DIRECTORY =
  '"\\mnt\\music\\" "Test Band - First Song.mp3" NOMD5COMPUTED 375750 128 44100 23 "Test Band - Second Song.mp3" NOMD5COMPUTED 125250 128 44100 7';

/** Files as a client may hold them: what the wire can say. */
const files: fc.Arbitrary<SharedFile> = fc.record({
  path: fc.stringMatching(/^[ !#-~\xa0-\xff]{1,100}$/),
  md5: fc.stringMatching(/^[0-9a-f]{32}$/),
  size: fc.integer({ min: 0, max: 0xffff_ffff }),
  bitrate: fc.constantFrom(8, 128, 320),
  frequency: fc.constantFrom(16_000, 44_100),
  seconds: fc.integer({ min: 0, max: 0xffff }),
  media: fc.constant("mp3" as const),
  urn: fc.constantFrom("", URN),
});

describe("files that a client registers", () => {
  test("a directory message of TekNap is two files with their whole paths", () => {
    const { files: shared, problem } = parseShareDirectory(DIRECTORY);
    expect(problem).toBeUndefined();
    expect(shared.map(({ path, size, md5 }) => [path, size, md5])).toEqual([
      ["\\mnt\\music\\Test Band - First Song.mp3", 375_750, "nomd5computed"],
      ["\\mnt\\music\\Test Band - Second Song.mp3", 125_250, "nomd5computed"],
    ]);
  });

  test("what stands in front of a mistake counts", () => {
    const { files: shared, problem } = parseShareDirectory('"D:\\x" "a.mp3" aa 1 2 3 4 "b.mp3" aa many 2 3 4');
    expect(shared.map(({ path }) => path)).toEqual(["D:\\x\\a.mp3"]);
    expect(problem).toBeDefined();
  });

  test("every file that we write is read back, one by one, by kind and by folder", () => {
    fc.assert(
      fc.property(files, (file) => {
        expect(parseShare(formatShare(file))).toEqual({ ok: true, value: file });
        for (const media of MEDIA_TYPES) {
          const told = { ...file, media, bitrate: 8, frequency: 16_000, seconds: 0 };
          expect(parseShareMedia(formatShareMedia(told))).toEqual({ ok: true, value: told });
        }
        const plain = { ...file, urn: "", path: `D:\\x\\${file.path}` };
        const folder = formatShareDirectory("D:\\x", [{ name: file.path, file: plain }]);
        expect(parseShareDirectory(folder)).toEqual({ files: [plain], problem: undefined });
      }),
    );
  });

  test("a file without a hash says zeros", () => {
    const file = { ...(fc.sample(files, { numRuns: 1, seed: 1 })[0] as SharedFile), md5: "" };
    expect(formatShare(file)).toContain(NO_MD5);
  });

  test("the odd numbers of a transcript become what the server made of them", () => {
    // opennap-ng gave 130 and 44101 back as 144 and 48000.
    expect([roundBitrate(130), roundFrequency(44_101)]).toEqual([144, 48_000]);
    expect([roundBitrate(1000), roundFrequency(96_000)]).toEqual([8, 16_000]);
  });

  test("the official client's hash loses its length, and a URN that is none is not believed", () => {
    const md5 = "631072b944eb6196797ab6a534b1ab97";
    expect(parseShare(`"a.mp3" ${md5.toUpperCase()}-2600000 1 2 3 4 urn:sha1:short`)).toMatchObject({
      ok: true,
      value: { md5, urn: "" },
    });
  });

  test("kinds follow the name's ending", () => {
    expect(["a.MP3", "b.ogg", "c.mkv", "d.txt", "e.png", "f.zip", "none", "dir.mp3\\none"].map(mediaTypeOf)).toEqual([
      "mp3",
      "audio",
      "video",
      "text",
      "image",
      "application",
      "application",
      "application",
    ]);
  });
});

describe("answers", () => {
  test("a hit that opennap-ng gave TekNap is read", () => {
    expect(parseSearchHit(HIT)).toMatchObject({
      ok: true,
      value: { nick: "alice", ip: parseIpv4("127.0.0.11"), linkSpeed: 0, file: { size: 375_750, seconds: 23 } },
    });
  });

  test("hits and browsed files are read back, with a URN only where it was asked for", () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 0, max: 0xffff_ffff }), fc.boolean(), (file, ip, withUrn) => {
        const told = withUrn ? file : { ...file, urn: "" };
        const hit = { file, nick: "alice", ip, linkSpeed: 7 };
        expect(parseSearchHit(formatSearchHit(hit, withUrn))).toEqual({ ok: true, value: { ...hit, file: told } });
        const reachable = withUrn ? { ...hit, port: ip % 65_536 } : hit;
        const said = formatSearchHit({ ...hit, port: ip % 65_536 }, withUrn);
        expect(parseSearchHit(said)).toEqual({ ok: true, value: { ...reachable, file: told } });
        expect(parseBrowseFile(formatBrowseFile("alice", file, withUrn))).toEqual({
          ok: true,
          value: { nick: "alice", file: told },
        });
      }),
    );
  });

  test("a hundred thousand damaged lines give what is within bounds, or a problem", () => {
    const samples = [
      HIT,
      DIRECTORY,
      `"a b.mp3" ${NO_MD5} 1 2 3 4 ${URN}`,
      '"E:\\clip.avi" 7000000 cc video',
      `alice ${HIT}`,
    ];
    for (const text of mutations(samples, 100_000, 3)) {
      const found = [parseShare(text), parseShareMedia(text), parseSearchHit(text), parseBrowseFile(text)];
      const shared = parseShareDirectory(text).files.slice();
      for (const each of found) if (each.ok) shared.push("file" in each.value ? each.value.file : each.value);
      for (const file of shared) {
        const isFine = file.size <= 0xffff_ffff && file.seconds <= 0xffff && file.md5.length <= 32;
        if (!isFine || file.path.length > 1024 + 255 || file.path === "") expect.unreachable(JSON.stringify(text));
      }
    }
  });
});
