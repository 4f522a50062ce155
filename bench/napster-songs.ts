// Songs as people had them, for the benches of Napster: hits that everybody has and rarities, each under one of several ways to
// write it. The same songs in the same order every time.
import type { SharedFile } from "../packages/overlay/src/protocols/napster/shared-file.ts";
import { fileWords, STOP_WORDS } from "../packages/overlay/src/protocols/napster/directory/words.ts";

export class Songs {
  private state = 12345;
  private readonly words: string[] = [];
  private readonly artists: string[] = [];
  private readonly songs: number;

  constructor(songs: number) {
    this.songs = songs;
    const parts = "ka lo min tra sel o vi den ru a pho ster ni gal be ith wo an er ing".split(" ");
    const seen = new Set<string>();
    while (this.words.length < 200_000) {
      let word = "";
      for (let n = 1 + this.below(4); n > 0; n--) word += parts[this.below(parts.length)];
      if (this.below(40) === 0) word += "\xe9";
      if (seen.has(word)) word += this.below(1000);
      if (seen.has(word)) continue;
      seen.add(word);
      this.words.push(this.below(3) === 0 ? word : `${word[0]?.toUpperCase()}${word.slice(1)}`);
    }
    while (this.artists.length < 20_000) this.artists.push(`${this.below(6) === 0 ? "The " : ""}${this.some(1, 2)}`);
  }

  below(bound: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * bound);
  }

  /** One of a sharer's songs: which it is follows Zipf's law, and so do the words of its title. */
  song(): SharedFile {
    const song = this.rank(this.songs);
    const rest = this.state;
    // What a song is called depends on the song alone; which rip it is and in which folder it lies, on the sharer.
    this.state = Math.imul(song, 2654435761) >>> 0;
    this.below(2);
    const artist = this.artists[this.rank(this.artists.length) - 1] as string;
    const title = this.some(1, 4);
    const album = this.some(1, 2);
    const track = 1 + this.below(14);
    const seconds = 120 + this.below(240);
    this.state = rest;
    const way = this.below(4);
    const name = [
      `C:\\Program Files\\Napster\\Music\\${artist} - ${title}.mp3`,
      `D:\\mp3\\${artist}\\${album}\\${String(track).padStart(2, "0")} - ${title}.mp3`,
      `C:\\My Documents\\My Music\\${artist} - ${album}\\${artist} - ${track} - ${title}.mp3`,
      `/home/user/music/${artist}/${artist} - ${album} - ${title} (${1960 + (song % 41)}).mp3`,
    ][way] as string;
    const rip = Math.imul(song * 8 + (way & 1), 0x9e3779b1) >>> 0;
    const md5 = [1, 2, 3, 4].map((n) => (Math.imul(rip + n, 0x85ebca6b) >>> 0).toString(16).padStart(8, "0")).join("");
    const bitrate = [128, 128, 128, 160, 192, 256][rip % 6] as number;
    const size = seconds * bitrate * 125 + (rip % 4096);
    return { path: name, md5, size, bitrate, frequency: 44100, seconds, media: "mp3", urn: "" };
  }

  /** All files of one sharer; no path twice. */
  folder(files: number): SharedFile[] {
    const paths = new Map<string, SharedFile>();
    while (paths.size < files) {
      const file = this.song();
      if (!paths.has(file.path)) paths.set(file.path, file);
    }
    return [...paths.values()];
  }

  /** Words that somebody looks for who knows a song: two to four, common and rare. */
  question(): string[] {
    const { path } = this.song();
    const words = fileWords(path, STOP_WORDS, 31);
    const wanted = Math.min(words.length, 2 + this.below(3));
    while (words.length > wanted) words.splice(this.below(words.length), 1);
    return words;
  }

  /** As common as words are in titles. */
  word(): string {
    return this.words[this.rank(this.words.length) - 1] as string;
  }

  /** Every word is as likely as another: nearly always one that few titles have. */
  rareWord(): string {
    return this.words[this.below(this.words.length)] as string;
  }

  private some(least: number, more: number): string {
    return Array.from({ length: least + this.below(more + 1) }, () => this.word()).join(" ");
  }

  /** From 1; rank r comes about 1/r as often as the first. */
  private rank(most: number): number {
    return Math.min(most, Math.floor(most ** this.next()));
  }

  private next(): number {
    return this.below(2 ** 24) / 2 ** 24;
  }
}
