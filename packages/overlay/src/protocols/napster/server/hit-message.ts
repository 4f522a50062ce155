// A hit of our own directory as a message, written from the packed record: an answer has up to a hundred of them.
import type { Directory } from "../directory/directory.ts";
import type { FileId } from "../directory/found-file.ts";
import { LIMITS as DIRECTORY } from "../directory/limits.ts";
import { ipField } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { HEAD_BYTES, MessageWriter, type WrittenMessage } from "../message-writer.ts";
import { MESSAGE } from "../messages.ts";
import { NO_URN } from "../shared-file.ts";
import type { User } from "./person.ts";

/** Path and MD5, nick, URN and its eight numbers. */
const HIT_BYTES_MAX = HEAD_BYTES + DIRECTORY.pathBytesMax + DIRECTORY.md5BytesMax + LIMITS.nickCharsMax + 41 + 8 * 11;
const BLANK = 0x20;

const writer = new MessageWriter(HIT_BYTES_MAX);

/** The same as `formatSearchHit`; it is lent until the next one. `id` was just found, and `owner` is his. */
export function hitMessage(
  directory: Directory,
  id: FileId,
  owner: Pick<User, "nick" | "ip" | "linkSpeed" | "port">,
  isForOurs: boolean,
): WrittenMessage {
  writer.begin(MESSAGE.searchHit);
  directory.writeFields(id, writer);
  writer.byte(BLANK).text(owner.nick).byte(BLANK).number(ipField(owner.ip)).byte(BLANK).number(owner.linkSpeed);
  if (isForOurs) {
    writer.text(" 0 ").text(directory.urnOf(id) || NO_URN);
    writer.byte(BLANK).number(owner.port);
  }
  return writer.end();
}
