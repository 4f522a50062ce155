import { useStore } from "../api/store.ts";
import { useSystem } from "../api/queries.ts";
import { patchOf } from "../api/live-cache.ts";
import type { LiveEvent, NetworkId } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { PeerText } from "../parts/peer-text.tsx";
import { when } from "../text/format.ts";
import style from "./shell.module.css";

const text = messages.news;

/** The last thing that happened, in one sentence. */
export function StatusLine() {
  const { cache } = useApp();
  const event = useStore(cache.lastNews);
  const { data: system } = useSystem();
  const news = event === undefined ? undefined : newsOf(event);
  return (
    <footer className={style.status}>
      <span className={style.news} aria-live="polite">
        {event === undefined || news === undefined ? (
          messages.shell.nothingYet
        ) : (
          <>
            <time dateTime={event.at}>{when(event.at)}</time>
            <span>
              {news.text}
              {news.name !== undefined && <PeerText text={news.name} />}
            </span>
          </>
        )}
      </span>
      {system !== undefined && (
        <span className={style.build}>
          {system.demo && <span className={style.demo}>{messages.demo}</span>}
          {messages.product} {system.version}
        </span>
      )}
    </footer>
  );
}

interface News {
  readonly text: string;
  /** From a peer or the file system. */
  readonly name?: string | undefined;
}

function newsOf({ type, data }: LiveEvent): News | undefined {
  const name = (subject: string, field: string) => {
    const value = patchOf(data, subject)?.[field];
    return typeof value === "string" ? value : undefined;
  };
  switch (type) {
    case "network.state": {
      const id = name("network", "id") as NetworkId | undefined;
      const state = name("network", "state") as keyof typeof messages.networks.stateWords | undefined;
      if (id === undefined || state === undefined) return undefined;
      return { text: text.networkState(messages.networkNames[id], messages.networks.stateWords[state]) };
    }
    case "transfer.added":
      return { text: text.transferAdded, name: name("transfer", "name") };
    case "transfer.done":
      return { text: text.transferDone, name: name("transfer", "name") };
    case "transfer.failed":
      return { text: text.transferFailed, name: name("transfer", "name") };
    case "search.done":
      return {
        text: text.searchDone(Number(patchOf(data, "search")?.files ?? 0)),
        name: name("search", "words"),
      };
    case "share.scan":
      return { text: text.shareScanned };
    case "share.changed":
      return { text: text.shareChanged };
    case "limit.changed":
      return { text: text.limitChanged };
    default:
      return undefined;
  }
}
