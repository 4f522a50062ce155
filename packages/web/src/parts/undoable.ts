// Acts that wait ten seconds, so that they can be taken back. Closing the window does them at once.
import { Store } from "../api/store.ts";
import { messages } from "../messages.ts";
import type { Toasts } from "./toasts.ts";

const UNDO_MS = 10_000;

interface Undoable {
  /** What it is done to; shown as gone meanwhile. */
  readonly ids: readonly string[];
  readonly text: string;
  /** A name that came from a peer, shown behind the text. */
  readonly name?: string | undefined;
  /** `isLeaving`: the page is being closed, so the request must outlive it. */
  readonly act: (isLeaving: boolean) => Promise<void>;
}

export class UndoableActs {
  /** Ids that are as good as gone. */
  readonly leaving = new Store<ReadonlySet<string>>(new Set());
  private readonly waiting = new Map<Undoable, () => void>();
  private readonly toasts: Toasts;

  constructor(toasts: Toasts) {
    this.toasts = toasts;
    window.addEventListener("pagehide", () => {
      for (const undoable of this.waiting.keys()) void this.finish(undoable, true);
    });
  }

  start(undoable: Undoable): void {
    const timer = window.setTimeout(() => void this.finish(undoable, false), UNDO_MS);
    const hide = this.toasts.show(
      {
        tone: "plain",
        text: undoable.text,
        name: undoable.name,
        action: { label: messages.undo, run: () => this.forget(undoable) },
      },
      UNDO_MS,
    );
    this.waiting.set(undoable, () => {
      window.clearTimeout(timer);
      hide();
    });
    this.leaving.set(new Set([...this.leaving.value, ...undoable.ids]));
  }

  private async finish(undoable: Undoable, isLeaving: boolean): Promise<void> {
    this.waiting.get(undoable)?.();
    this.waiting.delete(undoable);
    try {
      await undoable.act(isLeaving);
    } catch (error) {
      this.toasts.fail(error);
    } finally {
      this.show(undoable);
    }
  }

  private forget(undoable: Undoable): void {
    this.waiting.get(undoable)?.();
    this.waiting.delete(undoable);
    this.show(undoable);
  }

  private show(undoable: Undoable): void {
    this.leaving.set(new Set([...this.leaving.value].filter((id) => !undoable.ids.includes(id))));
  }
}
