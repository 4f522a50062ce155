// The frame around every screen: rail, top bar, status line, and what lies above them all.
import { type ComponentType, Suspense, lazy, useEffect } from "react";
import { useStore } from "../api/store.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { ErrorBoundary } from "../parts/error-boundary.tsx";
import { Skeleton } from "../parts/states.tsx";
import { ToastList } from "../parts/toast-list.tsx";
import { SearchScreen } from "../search/search-screen.tsx";
import { LinkDialog } from "../transfers/link-dialog.tsx";
import { TransfersScreen } from "../transfers/transfers-screen.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Rail } from "./rail.tsx";
import { type Screen, usePlace } from "./router.ts";
import style from "./shell.module.css";
import { ShortcutDialog } from "./shortcut-dialog.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { StatusLine } from "./status-line.tsx";
import { TopBar, focusSearchBox } from "./top-bar.tsx";

// The two screens people come for are in the first load; the others follow as soon as it is done.
const loadLibrary = () => import("../library/library-screen.tsx").then((module) => ({ default: module.LibraryScreen }));
const loadNetworks = () =>
  import("../networks/networks-screen.tsx").then((module) => ({ default: module.NetworksScreen }));
const loadSettings = () =>
  import("../settings/settings-screen.tsx").then((module) => ({ default: module.SettingsScreen }));

const SCREENS: Readonly<Record<Screen, ComponentType>> = {
  search: SearchScreen,
  transfers: TransfersScreen,
  library: lazy(loadLibrary),
  networks: lazy(loadNetworks),
  settings: lazy(loadSettings),
};

export function Shell() {
  const { client, events, router, toasts } = useApp();
  const { screen } = usePlace(router);
  const connection = useStore(events.connection);
  const ScreenNow = SCREENS[screen];

  useEffect(() => {
    // Ahead of time, so that they are there even when the daemon is not.
    void Promise.allSettled([loadLibrary(), loadNetworks(), loadSettings()]);
  }, []);

  useEffect(() => {
    let wasDown = false;
    const ended = events.connection.listen(() => {
      const { state } = events.connection.value;
      // The stream replays what it can; rates and counters are in no event.
      if (state === "live" && wasDown) void client.invalidateQueries();
      if (state !== "connecting") wasDown = state === "down";
    });
    events.start();
    return () => {
      events.stop();
      ended();
    };
  }, [client, events]);

  useEffect(() => {
    document.title = `${messages.screens[screen]} – ${messages.product}`;
  }, [screen]);

  useShortcuts({
    "/": focusSearchBox,
    "g s": () => router.go("search"),
    "g t": () => router.go("transfers"),
    "g l": () => router.go("library"),
    "g n": () => router.go("networks"),
    "g e": () => router.go("settings"),
  });

  return (
    <div className={style.shell} data-stale={connection.state === "down"}>
      <a
        className={style.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        {messages.skipToContent}
      </a>
      <Rail />
      <TopBar />
      <div className={style.middle}>
        <ConnectionBanner />
        <main id="main" tabIndex={-1} className={style.main}>
          <ErrorBoundary key={screen}>
            <Suspense fallback={<Skeleton />}>
              <ScreenNow />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <StatusLine />
      <ToastList toasts={toasts} />
      <LinkDialog />
      <ShortcutDialog />
    </div>
  );
}
