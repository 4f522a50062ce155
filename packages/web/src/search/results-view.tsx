// What one search found, as it comes in.
import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { ApiProblem } from "../api/client.ts";
import { useResults } from "../api/queries.ts";
import type { FileGroup, Search } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import { isSort, useRemembered } from "../parts/remembered.ts";
import { StateWord } from "../parts/state-word.tsx";
import { Empty, LoadError, Skeleton } from "../parts/states.tsx";
import { WhyPanel } from "../parts/why-panel.tsx";
import { useShortcuts } from "../shell/shortcuts.ts";
import { Grid, type Sort } from "../table/grid.tsx";
import { seconds, size } from "../text/format.ts";
import { ResultCard, ResultSources, networkWords, resultColumns } from "./result-columns.tsx";
import { ResultDetails } from "./result-details.tsx";
import style from "./search.module.css";
import { useSteadyRows } from "./steady-rows.ts";

const text = messages.search;
const FILTER_DELAY_MS = 250;
const NONE: ReadonlySet<string> = new Set();
const BEST_FIRST: Sort = { by: "sources", isDescending: true };

export function ResultsView({ search }: { readonly search: Search }) {
  const { cache } = useApp();
  const actions = useActions();
  const [filterText, setFilterText] = useState("");
  const [filter] = useDebouncedValue(filterText.trim(), FILTER_DELAY_MS);
  const [sort, setSort] = useRemembered<Sort | undefined>("results.sort", BEST_FIRST, isSort);
  const [activeId, setActiveId] = useState<string>();
  const [openId, setOpenId] = useState<string>();
  const [expanded, setExpanded] = useState(NONE);
  const [selected, setSelected] = useState(NONE);
  const [isPointed, setPointed] = useState(false);
  const [isWhyOpen, setWhyOpen] = useState(false);

  const { data, error, isError, refetch } = useResults(search.id, filter);
  const isBadFilter = isError && filter !== "" && error instanceof ApiProblem && error.code === "invalid_value";
  const isReading = isPointed || activeId !== undefined || expanded.size > 0 || selected.size > 0;
  const sortKey = sort === undefined ? "" : `${sort.by} ${sort.isDescending}`;
  const { rows, fresh, showFresh } = useSteadyRows(data ?? [], sort, `${filter}\n${sortKey}`, isReading);
  const open = rows.find(({ id }) => id === openId);

  // Events tell of some hits only; the search itself counts them all.
  const isBehind = filter === "" && data !== undefined && search.files > data.length;
  useEffect(() => {
    if (isBehind) cache.refetchSoon(["results", search.id, ""]);
  }, [isBehind, cache, search.id]);

  const get = (group: FileGroup) => void actions.get({ hit: { searchId: search.id, number: group.number } });
  const getSelected = async () => {
    const chosen = rows.filter(({ id }) => selected.has(id));
    for (const { number } of chosen) await actions.get({ hit: { searchId: search.id, number } }, chosen.length > 1);
    setSelected(NONE);
  };
  const onExpand = (id: string, isExpanded: boolean) => {
    const ids = new Set(expanded);
    if (isExpanded) ids.add(id);
    else ids.delete(id);
    setExpanded(ids);
  };
  useShortcuts({
    w: () => setWhyOpen(true),
    Escape: () => {
      if (selected.size === 0 && !isWhyOpen) return false;
      setSelected(NONE);
      setWhyOpen(false);
      return true;
    },
  });

  return (
    <div className={layout.screen} data-details={open !== undefined}>
      <div className={layout.list}>
        <Summary search={search} onWhy={() => setWhyOpen(!isWhyOpen)} isWhyOpen={isWhyOpen} />
        {isWhyOpen && (
          <div className={style.why}>
            <WhyPanel path={`searches/${search.id}`} />
          </div>
        )}
        <div className={layout.bar}>
          <TextInput
            className={style.filter}
            size="xs"
            aria-label={text.filter}
            placeholder={text.filterPlaceholder}
            value={filterText}
            onChange={(event) => setFilterText(event.currentTarget.value)}
            error={isBadFilter ? error.message : undefined}
            spellCheck={false}
            autoComplete="off"
          />
          {fresh > 0 && (
            <Button size="compact-sm" variant="light" onClick={showFresh} className={style.fresh}>
              {text.fresh(fresh)}
            </Button>
          )}
          {selected.size > 0 && (
            <Button size="compact-sm" onClick={() => void getSelected()}>
              {text.getMany(selected.size)}
            </Button>
          )}
        </div>
        <div className={layout.body} onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
          {isError && !isBadFilter && (
            <LoadError error={error} isPartial={data !== undefined} onRetry={() => void refetch()} />
          )}
          {data === undefined && !isError && <Skeleton rows={8} />}
          {data !== undefined && rows.length === 0 && (
            <NoResults search={search} isFiltered={filter !== ""} onClear={() => setFilterText("")} />
          )}
          {rows.length > 0 && (
            <Grid
              label={text.results}
              rows={rows}
              idOf={groupId}
              columns={resultColumns({ expanded, onExpand, get })}
              card={(row) => <ResultCard group={row} get={get} />}
              total={rows.length}
              sort={sort}
              onSort={setSort}
              activeId={activeId}
              onActive={(id) => {
                setActiveId(id);
                if (open !== undefined) setOpenId(id);
              }}
              onOpen={setOpenId}
              selected={selected}
              onSelected={setSelected}
              below={(row) => (expanded.has(row.id) ? <ResultSources group={row} /> : undefined)}
              onExpand={onExpand}
            />
          )}
        </div>
      </div>
      {open !== undefined && (
        <ResultDetails
          group={open}
          get={get}
          onClose={() => {
            setOpenId(undefined);
            setActiveId(undefined);
          }}
        />
      )}
    </div>
  );
}

function groupId({ id }: FileGroup): string {
  return id;
}

interface SummaryProps {
  readonly search: Search;
  readonly isWhyOpen: boolean;
  readonly onWhy: () => void;
}

/** Who was asked, how long, at what price. */
function Summary({ search, isWhyOpen, onWhy }: SummaryProps) {
  const actions = useActions();
  const isRunning = search.state === "running";
  return (
    <div className={layout.head}>
      <div className={style.summary}>
        <StateWord tone={isRunning ? "accent" : "off"} word={text.ended[search.state]} isBusy={isRunning} />
        <span>{text.found(search.files)}</span>
        <span className={layout.soft}>{networkWords(search)}</span>
        <span className={layout.soft}>{seconds(search.durationMs)}</span>
        <span className={layout.soft}>{text.cost(search.messages, size(search.bytes))}</span>
        {search.files > 0 && search.notes.length > 0 && <span className={layout.soft}>{notesOf(search)}</span>}
      </div>
      <div className={layout.headActions}>
        <Button size="xs" variant="subtle" color="gray" aria-expanded={isWhyOpen} onClick={onWhy}>
          {messages.transfers.why}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name={isRunning ? "close" : "retry"} size={16} />}
          onClick={() => void actions.searchAct(search.id, isRunning ? "stop" : "again")}
        >
          {isRunning ? text.stop : text.again}
        </Button>
      </div>
    </div>
  );
}

interface NoResultsProps {
  readonly search: Search;
  readonly isFiltered: boolean;
  readonly onClear: () => void;
}

function NoResults({ search, isFiltered, onClear }: NoResultsProps) {
  if (isFiltered) {
    return (
      <Empty icon="search" title={text.noneMatch}>
        <Button variant="default" onClick={onClear}>
          {text.clearFilter}
        </Button>
      </Empty>
    );
  }
  const asked = text.askedFor(networkWords(search), seconds(search.durationMs));
  if (search.state === "running") return <Empty icon="search" title={text.nothingYet} text={asked} />;
  const told = search.notes.length > 0 ? notesOf(search) : `${asked} ${text.nothingTry}`;
  return <Empty icon="search" title={text.nothing} text={told} />;
}

/** What networks say of how they answered. */
function notesOf({ notes }: Search): string {
  return notes.map((note) => text.note(messages.networkNames[note.network], note.text)).join(" ");
}
