// The stream of events from the daemon: connects, comes back after a break with what it missed, and says how it is.
import { apiUrl, call } from "./client.ts";
import { Store } from "./store.ts";
import type { LiveEvent } from "./shapes.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** `since`: when the stream broke; `retryAt`: when it is tried again. Unix milliseconds. */
  | { readonly state: "down"; readonly since: number; readonly retryAt: number };

/** A restart of the daemon takes a second or two; after that there is no hurry. */
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
/** The daemon sends a sign of life every 15 s, which the browser keeps to itself; a dead socket is its business. */
const OPEN_TIMEOUT_MS = 10_000;

export class EventStream {
  readonly connection = new Store<Connection>({ state: "connecting" });
  private readonly onEvent: (event: LiveEvent) => void;
  private source: EventSource | undefined;
  private timer: number | undefined;
  private lastId: string | undefined;
  private tries = 0;
  private brokenAt: number | undefined;

  constructor(onEvent: (event: LiveEvent) => void) {
    this.onEvent = onEvent;
  }

  start(): void {
    this.connect();
    window.addEventListener("online", this.retryNow);
  }

  stop(): void {
    window.removeEventListener("online", this.retryNow);
    this.close();
  }

  readonly retryNow = (): void => {
    if (this.connection.value.state === "down") this.connect();
  };

  private connect(): void {
    this.close();
    const source = new EventSource(apiUrl("events", { since: this.lastId }));
    this.source = source;
    this.timer = window.setTimeout(() => this.broken(), OPEN_TIMEOUT_MS);
    source.addEventListener("open", () => {
      window.clearTimeout(this.timer);
      this.tries = 0;
      this.brokenAt = undefined;
      this.connection.set({ state: "live" });
    });
    source.addEventListener("message", (message: MessageEvent<string>) => {
      // The browser remembers the last id it saw, also that of a message without data.
      if (message.lastEventId !== "") this.lastId = message.lastEventId;
      this.onEvent(JSON.parse(message.data) as LiveEvent);
    });
    // The browser would try again by itself, but without telling when, and never after an HTTP error.
    source.addEventListener("error", () => this.broken());
  }

  private broken(): void {
    this.close();
    this.brokenAt ??= Date.now();
    const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)] as number;
    this.connection.set({ state: "down", since: this.brokenAt, retryAt: Date.now() + wait });
    this.timer = window.setTimeout(() => this.connect(), wait);
    // An EventSource does not tell a lost login from a lost daemon; an ordinary request does.
    void call("GET", "session").catch(() => undefined);
  }

  private close(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }
}
