import { useSearches, useSystem } from "../api/queries.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import { count } from "../text/format.ts";
import { SCREENS, type Screen, placeHash, usePlace } from "./router.ts";
import style from "./shell.module.css";

export function Rail() {
  const { router, shortcutList } = useApp();
  const { screen } = usePlace(router);
  const badges = useBadges();
  return (
    <nav className={style.rail} aria-label={messages.shell.navigation}>
      <a className={style.brand} href={placeHash("search")}>
        <img src="./icon.svg" alt="" width="26" height="26" />
        <span>{messages.product}</span>
      </a>
      <ul className={style.railList}>
        {SCREENS.map((name) => {
          const badge = badges[name] ?? 0;
          return (
            <li key={name}>
              <a className={style.railItem} href={placeHash(name)} aria-current={name === screen ? "page" : undefined}>
                <Icon name={name} size={20} />
                <span className={style.railLabel}>{messages.screens[name]}</span>
                {badge > 0 && <span className={style.badge}>{count(badge)}</span>}
              </a>
            </li>
          );
        })}
      </ul>
      <button type="button" className={style.keysButton} onClick={() => shortcutList.set(true)}>
        {messages.shell.shortcuts}
        <kbd>?</kbd>
      </button>
    </nav>
  );
}

/** What is going on behind each screen. */
function useBadges(): Partial<Record<Screen, number>> {
  const { data: system } = useSystem();
  const { data: searches } = useSearches();
  return {
    search: searches?.items.filter(({ state }) => state === "running").length ?? 0,
    transfers: system?.transfers.active ?? 0,
  };
}
