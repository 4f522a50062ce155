// What every part of the page may use.
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { EventStream } from "./api/event-stream.ts";
import type { LiveCache } from "./api/live-cache.ts";
import type { Store } from "./api/store.ts";
import type { Toasts } from "./parts/toasts.ts";
import type { UndoableActs } from "./parts/undoable.ts";
import type { Router } from "./shell/router.ts";
import type { Shortcuts } from "./shell/shortcuts.ts";

export interface App {
  readonly client: QueryClient;
  readonly cache: LiveCache;
  readonly events: EventStream;
  readonly router: Router;
  readonly shortcuts: Shortcuts;
  readonly toasts: Toasts;
  readonly undoable: UndoableActs;
  /** Is the list of keys open? */
  readonly shortcutList: Store<boolean>;
  readonly linkDialog: Store<LinkDialogState>;
}

/** The dialog that adds a magnet, URN or link; `undefined`: closed. */
export type LinkDialogState = { readonly text: string } | undefined;

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("A component stands outside the app.");
  return app;
}
