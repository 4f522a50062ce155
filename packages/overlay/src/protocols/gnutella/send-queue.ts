// What waits for a congested link: one short queue per class, the more important first; a full one drops its oldest.
import { LIMITS } from "./limits.ts";
import type { Descriptor } from "./messages.ts";

const CLASSES = 5;

/** From what ends or steers the link, over answers, to what the network can best do without. */
function classOf(message: Descriptor): number {
  switch (message.kind) {
    case "bye":
    case "table-reset":
    case "table-patch":
    case "vendor":
      return 0;
    case "push":
    case "hit":
      return 1;
    case "pong":
      return 2;
    case "query":
      return 3;
    default:
      return 4;
  }
}

export class SendQueue {
  private readonly classes: Descriptor[][] = Array.from({ length: CLASSES }, () => []);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** False: the class was full, and its oldest descriptor is lost. */
  push(message: Descriptor): boolean {
    const waiting = this.classes[classOf(message)] as Descriptor[];
    waiting.push(message);
    this.count++;
    // A query routing patch must arrive whole; its parts are few, so the first class is allowed more.
    if (waiting.length <= (waiting === this.classes[0] ? 4 * LIMITS.queueMax : LIMITS.queueMax)) return true;
    waiting.shift();
    this.count--;
    return false;
  }

  shift(): Descriptor | undefined {
    for (const waiting of this.classes) {
      const message = waiting.shift();
      if (message === undefined) continue;
      this.count--;
      return message;
    }
    return undefined;
  }
}
