// What an operator hears of links: when something changes, and then not again.
import { LIMITS } from "./limits.ts";

export class News {
  private readonly hear: (news: string) => void;
  /** What was last told, by what it was about; the oldest first. */
  private readonly last = new Map<string, string>();

  constructor(hear: (news: string) => void) {
    this.hear = hear;
  }

  /** Says it, unless it was the last that was said about this. */
  tell(about: string, news: string): void {
    if (this.last.get(about) === news) return;
    this.last.delete(about);
    this.last.set(about, news);
    if (this.last.size > LIMITS.newsMax) {
      const [oldest = ""] = this.last.keys();
      this.last.delete(oldest);
    }
    this.hear(news);
  }

  /** What is said about this next is news again. */
  forget(about: string): void {
    this.last.delete(about);
  }
}
