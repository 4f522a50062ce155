// Builds what every part of the page shares.
import { EventStream } from "./api/event-stream.ts";
import { LiveCache } from "./api/live-cache.ts";
import { createQueryClient } from "./api/queries.ts";
import { Store } from "./api/store.ts";
import type { App, LinkDialogState } from "./app-context.ts";
import { Toasts } from "./parts/toasts.ts";
import { UndoableActs } from "./parts/undoable.ts";
import { Router } from "./shell/router.ts";
import { Shortcuts } from "./shell/shortcuts.ts";

export function createApp(): App {
  const client = createQueryClient();
  const cache = new LiveCache(client);
  const toasts = new Toasts();
  return {
    client,
    cache,
    toasts,
    events: new EventStream(cache.onEvent),
    router: new Router(),
    shortcuts: new Shortcuts(),
    undoable: new UndoableActs(toasts),
    shortcutList: new Store<boolean>(false),
    linkDialog: new Store<LinkDialogState>(undefined),
  };
}
