// Looking for other holders of a file by MD5 and size. Answers bear both, so several may be asked at a time; old programs hash a
// beginning of the file only, so the answer is a hint.
import type { Millis } from "../../host/host.ts";
import { CLIENT_LIMITS } from "./client-limits.ts";
import { FieldReader, ipv4OfField, wholeNumber } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import type { SearchHit } from "./shared-file.ts";

interface Resume {
  readonly token: number;
  readonly md5: string;
  readonly size: number;
  readonly until: Millis;
}

export class Resumes {
  private readonly open: Resume[] = [];

  add(token: number, md5: string, size: number, now: Millis): void {
    if (this.open.length >= CLIENT_LIMITS.resumesMax) this.open.shift();
    this.open.push({ token, md5, size, until: now + CLIENT_LIMITS.resumeMs });
  }

  stop(token: number): void {
    const at = this.open.findIndex((each) => each.token === token);
    if (at >= 0) this.open.splice(at, 1);
  }

  /** Who asked for what this answer names, while it is worth anything. */
  askers({ file }: SearchHit, now: Millis): number[] {
    const asked = this.open.filter(({ md5, size, until }) => until > now && md5 === file.md5 && size === file.size);
    return asked.map(({ token }) => token);
  }
}

/** `nick ip port "path" md5 size speed`; undefined where it is not of that form. */
export function parseResumeHit(text: string): SearchHit | undefined {
  const fields = new FieldReader(text);
  const nick = fields.next();
  const ip = ipv4OfField(fields.next());
  const port = wholeNumber(fields.next(), 0xffff);
  const path = fields.next();
  const md5 = fields.next()?.toLowerCase();
  const size = wholeNumber(fields.next(), 0xffff_ffff);
  const linkSpeed = wholeNumber(fields.next(), 10) ?? 0;
  if (nick === undefined || ip === undefined || port === undefined || md5 === undefined || size === undefined)
    return undefined;
  if (path === undefined || path === "" || path.length > LIMITS.pathBytesMax) return undefined;
  const file = {
    path,
    md5: md5.slice(0, 32),
    size,
    bitrate: 0,
    frequency: 0,
    seconds: 0,
    media: "mp3",
    urn: "",
  } as const;
  return { file, nick, ip, linkSpeed, port };
}
