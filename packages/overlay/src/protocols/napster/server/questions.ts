// What users ask of a user of ours that his client answers by itself: a file, a direct browse, a ping. Who was not asked answers
// nobody, or he would learn by his "answer" where anybody is; and nobody may have somebody else asked without end.
import type { Host, Millis } from "../../../host/host.ts";
import { Rations } from "../../../base/rations.ts";
import { FieldReader } from "../fields.ts";
import { LIMITS } from "../limits.ts";
import { type Message, MESSAGE } from "../messages.ts";
import { foldNick } from "../nick.ts";
import { SERVER_LIMITS } from "./limits.ts";
import type { Office } from "./office.ts";
import { type Person, User } from "./person.ts";

type Kind = "file" | "browse" | "ping";

interface Question {
  readonly asker: Person;
  readonly at: Millis;
  /** The first answer costs him nothing who was asked. */
  isAnswered: boolean;
}

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [MESSAGE.uploadAccepted, "file"],
  [MESSAGE.uploadRefused, "file"],
  [MESSAGE.queueFull, "file"],
  [MESSAGE.browseDirectAccepted, "browse"],
  [MESSAGE.userPong, "ping"],
]);

export class Questions {
  private readonly office: Office;
  private readonly host: Host;
  /** By who was asked, what, by whom and for which path; the oldest first. */
  private readonly open = new Map<string, Question>();
  /** Of one host to one user. */
  private readonly pairs = new Rations({
    burst: SERVER_LIMITS.questionsOfHostBurst,
    perSecond: SERVER_LIMITS.questionsOfHostPerSecond,
    hostsMax: SERVER_LIMITS.questionPairsMax,
  });

  constructor(office: Office) {
    this.office = office;
    this.host = office.host;
  }

  /** Remembers a question that is put to him. False: he is asked too much already, and it is to be dropped. */
  ask(target: User, asker: Person, kind: Kind, path = ""): boolean {
    const now = this.host.now();
    if (path.length > LIMITS.pathBytesMax || !this.mayAsk(target, asker, now)) {
      this.office.counters.questionsDropped++;
      return false;
    }
    const key = keyOf(target, kind, asker.nick, path);
    this.open.delete(key);
    this.open.set(key, { asker, at: now, isAnswered: false });
    for (const [oldest, { at }] of this.open) {
      if (this.open.size <= SERVER_LIMITS.questionsMax && at + SERVER_LIMITS.questionMs > now) break;
      this.open.delete(oldest);
    }
    return true;
  }

  /** Who asked him this, if somebody did and is still there. */
  asker(target: User, kind: Kind, nick: string, path = ""): Person | undefined {
    const asker = this.find(keyOf(target, kind, nick, path))?.asker;
    return asker instanceof User && this.office.users.get(asker.nick) !== asker ? undefined : asker;
  }

  /** True where the message is his first answer to a question: others made him send it, so it does not count as his command. */
  isFirstAnswer(target: User, { type, text }: Message): boolean {
    const kind = KINDS.get(type);
    if (kind === undefined) return false;
    const fields = new FieldReader(text);
    const nick = fields.next() ?? "";
    const question = this.find(keyOf(target, kind, nick, kind === "file" ? (fields.next() ?? "") : ""));
    if (question === undefined || question.isAnswered) return false;
    question.isAnswered = true;
    return true;
  }

  private find(key: string): Question | undefined {
    const question = this.open.get(key);
    return question === undefined || question.at + SERVER_LIMITS.questionMs <= this.host.now() ? undefined : question;
  }

  /** A host takes its own share first, so that one that asks without end leaves room for others. */
  private mayAsk(target: User, asker: Person, now: Millis): boolean {
    const host = asker instanceof User ? asker.line.host : asker.ip;
    // Users of other servers have no address in the lab.
    const isInShare = host === 0 || this.pairs.take(host * OWNERS_MAX + (target.owner % OWNERS_MAX), now, 1) === 0;
    return isInShare && target.questions.take(now);
  }
}

/** Makes a host, of 32 bits, and an owner one number that a double holds. */
const OWNERS_MAX = 2 ** 20;

function keyOf({ folded }: User, kind: Kind, nick: string, path: string): string {
  return `${folded} ${kind} ${foldNick(nick)} ${path}`;
}
