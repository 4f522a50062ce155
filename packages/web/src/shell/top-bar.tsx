import { ActionIcon, Switch, Tooltip } from "@mantine/core";
import { useState } from "react";
import { useLimits, useNetworks, usePeers, useSystem } from "../api/queries.ts";
import type { Network, Peer } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { Icon } from "../parts/icon.tsx";
import { StateWord, type Tone } from "../parts/state-word.tsx";
import { rate } from "../text/format.ts";
import { placeHash } from "./router.ts";
import style from "./shell.module.css";

const BOX_ID = "search-box";
const LINK = /^(?:magnet:|urn:|https?:|ed2k:|sig2dat:)/i;
const text = messages.shell;

export function focusSearchBox(): void {
  const box = document.getElementById(BOX_ID);
  if (box instanceof HTMLInputElement) box.select();
  box?.focus();
}

export function TopBar() {
  return (
    <header className={style.top}>
      <SearchBox />
      <div className={style.topRight}>
        <Rates />
        <SlowSwitch />
        <Reach />
      </div>
    </header>
  );
}

function SearchBox() {
  const { linkDialog } = useApp();
  const actions = useActions();
  const [words, setWords] = useState("");
  return (
    <form
      role="search"
      className={style.box}
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = words.trim();
        if (wanted === "") return;
        if (LINK.test(wanted)) linkDialog.set({ text: wanted });
        else void actions.search({ words: wanted });
        setWords("");
        // So that the keys of the list work at once.
        document.getElementById(BOX_ID)?.blur();
      }}
    >
      <Icon name="search" />
      <input
        id={BOX_ID}
        value={words}
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        placeholder={text.searchBox}
        aria-label={text.searchBox}
        autoComplete="off"
        spellCheck={false}
        maxLength={8192}
        enterKeyHint="search"
      />
      {words === "" ? (
        <kbd className={style.boxKey} aria-hidden="true">
          /
        </kbd>
      ) : (
        <ActionIcon type="submit" variant="subtle" size="sm" aria-label={text.searchButton}>
          <Icon name="right" />
        </ActionIcon>
      )}
    </form>
  );
}

function Rates() {
  const { data } = useSystem();
  return (
    <div className={style.rates} role="group" aria-label={text.rates}>
      <span>
        <Icon name="down" size={15} />
        <span className={style.rate}>{data === undefined ? messages.unknown : rate(data.rateDown)}</span>
        <span className="visuallyHidden">{text.down}</span>
      </span>
      <span>
        <Icon name="up" size={15} />
        <span className={style.rate}>{data === undefined ? messages.unknown : rate(data.rateUp)}</span>
        <span className="visuallyHidden">{text.up}</span>
      </span>
    </div>
  );
}

function SlowSwitch() {
  const { data } = useLimits();
  const actions = useActions();
  const isOn = data?.slow.enabled ?? false;
  const label = data !== undefined && isOn ? text.slowOn(rate(data.slow.down), rate(data.slow.up)) : text.slowOff;
  return (
    <Tooltip label={label} openDelay={400}>
      <div className={style.slow} data-on={isOn}>
        <Switch
          size="xs"
          aria-label={text.slow}
          classNames={{ body: style.slowBody }}
          checked={isOn}
          disabled={data === undefined}
          onChange={(event) => void actions.setLimits({ slow: { enabled: event.currentTarget.checked } })}
          label={
            <span className={style.slowLabel}>
              <Icon name="slow" />
              <span>{text.slow}</span>
            </span>
          }
        />
      </div>
    </Tooltip>
  );
}

function Reach() {
  const { data: networks } = useNetworks();
  const { data: peers } = usePeers();
  if (networks === undefined) return null;
  const { tone, word, why } = reachOf(networks.items, peers?.items ?? []);
  return (
    <Tooltip label={why} openDelay={400}>
      <a className={style.reach} href={placeHash("networks")} aria-label={`${word}. ${why}`}>
        <StateWord tone={tone} word={word} />
      </a>
    </Tooltip>
  );
}

interface Reached {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string;
}

/** What can be said of our place in the world, the best first. */
function reachOf(networks: readonly Network[], peers: readonly Peer[]): Reached {
  const words = text.reach;
  const has = (state: Network["state"]) => networks.some((network) => network.state === state);
  if (peers.some((peer) => peer.inbound && peer.state === "open")) {
    return { tone: "ok", word: words.reachable, why: words.reachableWhy };
  }
  if (has("online")) return { tone: "accent", word: words.online, why: words.onlineWhy };
  if (has("connecting") || has("starting")) return { tone: "warn", word: words.connecting, why: words.connectingWhy };
  if (has("failed")) return { tone: "bad", word: words.failed, why: words.failedWhy };
  return { tone: "off", word: words.off, why: words.offWhy };
}
