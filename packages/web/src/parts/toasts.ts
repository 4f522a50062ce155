// Short messages at the edge of the page: what was done, what failed, and what can still be undone.
import { ApiProblem } from "../api/client.ts";
import { Store } from "../api/store.ts";

export interface Toast {
  readonly id: number;
  readonly tone: "plain" | "bad";
  readonly text: string;
  /** A name that came from a peer, shown behind the text. */
  readonly name?: string | undefined;
  readonly hint?: string | undefined;
  readonly code?: string | undefined;
  /** The next one of its kind takes its place; what can be undone or failed stays. */
  readonly isPassing?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** More than these at once are not read. */
const TOASTS_MAX = 4;
const PLAIN_MS = 5000;
const BAD_MS = 15_000;

export class Toasts {
  readonly list = new Store<readonly Toast[]>([]);
  private nextId = 1;

  /** Shows it for a while; the answer takes it away at once. */
  show(toast: Omit<Toast, "id">, durationMs = toast.tone === "bad" ? BAD_MS : PLAIN_MS): () => void {
    const id = this.nextId++;
    const staying = this.list.value.filter(({ isPassing = false }) => !(isPassing && toast.isPassing === true));
    this.list.set([...staying, { ...toast, id }].slice(-TOASTS_MAX));
    const dismiss = () => this.dismiss(id);
    window.setTimeout(dismiss, durationMs);
    return dismiss;
  }

  say(text: string, name?: string, action?: Toast["action"]): void {
    this.show({ tone: "plain", text, name, action, isPassing: true });
  }

  /** What went wrong with something the person did. What is not a problem of the API is a bug of the page: thrown on. */
  fail(error: unknown): void {
    if (!(error instanceof ApiProblem)) throw error;
    this.show({ tone: "bad", text: error.message, hint: error.hint, code: error.code });
  }

  dismiss(id: number): void {
    this.list.set(this.list.value.filter((toast) => toast.id !== id));
  }
}
