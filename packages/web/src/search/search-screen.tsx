// Searches, one tab each. They live in the daemon, so they are still there after a reload.
import { Button } from "@mantine/core";
import { call } from "../api/client.ts";
import { useSearches } from "../api/queries.ts";
import { useStore } from "../api/store.ts";
import type { Search } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import { PeerText } from "../parts/peer-text.tsx";
import { LoadError, Skeleton } from "../parts/states.tsx";
import { usePlace } from "../shell/router.ts";
import { placeHash } from "../shell/router.ts";
import { count } from "../text/format.ts";
import { visibleText } from "../text/visible-text.ts";
import { NewSearchForm } from "./new-search-form.tsx";
import { ResultsView } from "./results-view.tsx";
import style from "./search.module.css";

const text = messages.search;
/** Older searches stay in the daemon; more tabs than this are found by nobody. */
const TABS_MAX = 20;

export function SearchScreen() {
  const { router, undoable } = useApp();
  const { id } = usePlace(router);
  const leaving = useStore(undoable.leaving);
  const { data, error, refetch } = useSearches();
  const searches = (data?.items ?? []).filter((search) => !leaving.has(search.id));
  const open = searches.find((search) => search.id === id);
  return (
    <div className={style.screen}>
      <h1 className="visuallyHidden">{text.title}</h1>
      {searches.length > 0 && <Tabs searches={searches} openId={open?.id} />}
      <div className={style.content}>
        {data === undefined && error === null && <Skeleton />}
        {data === undefined && error !== null && <LoadError error={error} onRetry={() => void refetch()} />}
        {data !== undefined && open === undefined && <NewSearchForm />}
        {open !== undefined && <ResultsView key={open.id} search={open} />}
      </div>
    </div>
  );
}

function Tabs({ searches, openId }: { readonly searches: readonly Search[]; readonly openId: string | undefined }) {
  return (
    <nav className={style.tabs} aria-label={text.tabs}>
      <Button
        component="a"
        href={placeHash("search")}
        size="compact-sm"
        variant={openId === undefined ? "light" : "subtle"}
        color={openId === undefined ? "accent" : "gray"}
        leftSection={<Icon name="add" size={16} />}
        className={style.newTab}
        aria-current={openId === undefined ? "page" : undefined}
      >
        {text.newTab}
      </Button>
      <ul className={style.tabList}>
        {searches.slice(0, TABS_MAX).map((search) => (
          <Tab key={search.id} search={search} isOpen={search.id === openId} />
        ))}
      </ul>
    </nav>
  );
}

function Tab({ search, isOpen }: { readonly search: Search; readonly isOpen: boolean }) {
  const { client, router, undoable } = useApp();
  const words = search.words === "" ? (search.urn ?? "") : search.words;
  const forget = () => {
    if (isOpen) router.go("search");
    undoable.start({
      ids: [search.id],
      text: `${messages.transfers.willRemove(1)}`,
      name: words,
      act: async (isLeaving) => {
        await call("DELETE", `searches/${search.id}`, { keepalive: isLeaving });
        await client.invalidateQueries({ queryKey: ["searches"] });
      },
    });
  };
  return (
    <li className={style.tab} data-open={isOpen}>
      <a href={placeHash("search", search.id)} aria-current={isOpen ? "page" : undefined} title={visibleText(words)}>
        <span className={style.tabWords}>
          <PeerText text={words} />
        </span>
        <span className={style.tabCount} data-running={search.state === "running"}>
          {count(search.files)}
        </span>
      </a>
      <button type="button" className={style.tabClose} aria-label={text.closeTab(visibleText(words))} onClick={forget}>
        <Icon name="close" size={14} />
      </button>
    </li>
  );
}
