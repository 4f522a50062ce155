// What users put into the directory and take out of it.
import { MESSAGE } from "../messages.ts";
import {
  parseShare,
  parseShareDirectory,
  parseShareMedia,
  roundBitrate,
  roundFrequency,
  type SharedFile,
} from "../shared-file.ts";
import type { Office } from "./office.ts";
import type { User } from "./person.ts";

export class Sharing {
  private readonly office: Office;

  constructor(office: Office) {
    this.office = office;
  }

  /** 100. Silent where all is well. */
  onShare(user: User, text: string): void {
    if (!this.mayChange(user)) return;
    const file = parseShare(text);
    if (file.ok) this.add(user, file.value);
    else this.refuse(user);
  }

  /** 10300. */
  onShareMedia(user: User, text: string): void {
    if (!this.mayChange(user)) return;
    const file = parseShareMedia(text);
    if (file.ok) this.add(user, file.value);
    else this.refuse(user);
  }

  /** 870. */
  onShareDirectory(user: User, text: string): void {
    if (!this.mayChange(user)) return;
    const { files, problem } = parseShareDirectory(text);
    for (const file of files) if (this.mayChange(user)) this.add(user, file);
    if (problem !== undefined) this.refuse(user);
  }

  /** 102. The path is the whole text; some clients quote it all the same. */
  onUnshare(user: User, text: string): void {
    if (!this.mayChange(user)) return;
    const { directory } = this.office;
    const [, quoted] = /^"([^"]*)"\s*$/.exec(text) ?? [];
    const before = directory.weight(user.owner);
    const isRemoved =
      directory.remove(user.owner, text) || (quoted !== undefined && directory.remove(user.owner, quoted));
    user.household.weight += directory.weight(user.owner) - before;
    if (isRemoved) return;
    user.send(MESSAGE.notice, "Not sharing that file");
  }

  /** 110. */
  onUnshareAll(user: User): void {
    user.household.weight -= this.office.directory.weight(user.owner);
    user.send(MESSAGE.unshareAll, String(this.office.directory.removeAll(user.owner)));
    user.saidFull = false;
  }

  private add(user: User, file: SharedFile): void {
    const { directory, options, counters } = this.office;
    if (directory.count(user.owner) >= options.sharesPerUserMax) return this.sayFull(user);
    // What the last file weighs comes on top: a few kilobytes.
    if (user.household.weight >= user.household.weightMax) return this.sayFull(user);
    const before = directory.weight(user.owner);
    const result = directory.add(user.owner, {
      ...file,
      bitrate: roundBitrate(file.bitrate),
      frequency: roundFrequency(file.frequency),
    });
    user.household.weight += directory.weight(user.owner) - before;
    switch (result) {
      case "added":
        counters.shares++;
        return;
      case "duplicate":
        counters.sharesRefused++;
        return user.send(MESSAGE.notice, "duplicate file");
      case "full":
        return this.sayFull(user);
    }
  }

  private refuse(user: User): void {
    this.office.counters.sharesRefused++;
    user.send(MESSAGE.notice, "parameters are unparsable");
  }

  /** Once: a client that shares 20,000 files need not hear it 15,000 times. */
  private sayFull(user: User): void {
    this.office.counters.sharesRefused++;
    if (user.saidFull) return;
    user.saidFull = true;
    const { directory, options } = this.office;
    const shared = directory.count(user.owner);
    const isHostFull = user.household.weight >= user.household.weightMax;
    const full = isHostFull ? "Your address shares as much as it may" : "The directory is full";
    const why = shared >= options.sharesPerUserMax ? `You may share ${shared} files` : full;
    user.send(MESSAGE.notice, `${why}; the rest is not listed.`);
  }

  /** What cannot be read costs as much as what can, so this comes before any parsing. */
  private mayChange(user: User): boolean {
    if (user.may("shares", this.office.host.now())) return true;
    this.office.counters.overdone++;
    return false;
  }
}
