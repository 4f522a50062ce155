// What we get and what others take from us.
import { Button } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { type TransferListView, useSystem, useTransferList } from "../api/queries.ts";
import { useStore } from "../api/store.ts";
import type { Transfer, TransferState } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { hasEnded, useActions } from "../parts/actions.ts";
import { Choice } from "../parts/choice.tsx";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import { isSort, useRemembered } from "../parts/remembered.ts";
import { Empty, LoadError, Skeleton } from "../parts/states.tsx";
import { usePlace } from "../shell/router.ts";
import { useShortcuts } from "../shell/shortcuts.ts";
import { Grid, type Sort } from "../table/grid.tsx";
import { TransferCard, transferColumns } from "./transfer-columns.tsx";
import { TransferDetails } from "./transfer-details.tsx";
import style from "./transfers.module.css";

const text = messages.transfers;
const STATES = Object.keys(text.states) as readonly TransferState[];
const NONE: ReadonlySet<string> = new Set();

export function TransfersScreen() {
  const { router, undoable, linkDialog } = useApp();
  const { id: openId } = usePlace(router);
  const actions = useActions();
  const leaving = useStore(undoable.leaving);
  const [direction, setDirection] = useState<Transfer["direction"]>("down");
  const [state, setState] = useState<TransferState>();
  const [sort, setSort] = useRemembered<Sort | undefined>("transfers.sort", undefined, isSort);
  const [activeId, setActiveId] = useState(openId);
  const [selected, setSelected] = useState(NONE);
  const view: TransferListView = {
    direction,
    state,
    sort: sort === undefined ? undefined : `${sort.isDescending ? "-" : ""}${sort.by}`,
  };
  const list = useTransferList(view);
  const { data, error, hasNextPage, isFetching, isFetchNextPageError, isPlaceholderData, fetchNextPage, refetch } =
    list;
  const rows = data?.pages.flatMap(({ items }) => items) ?? [];
  const total = data?.pages[0]?.total ?? 0;

  const onNearEnd = useCallback(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  // What was open elsewhere (a link in a message) becomes the active row.
  useEffect(() => setActiveId((active) => openId ?? active), [openId]);

  const choose = (next: Transfer["direction"], nextState: TransferState | undefined) => {
    setDirection(next);
    setState(nextState);
    setSelected(NONE);
  };
  /** What an act is about: what is selected, or else the active row. */
  const targets = () => {
    const chosen = rows.filter(({ id }) => selected.has(id));
    return chosen.length > 0 ? chosen : rows.filter(({ id }) => id === activeId);
  };
  const onTargets = (act: (rows: readonly Transfer[]) => unknown) => () => {
    const found = targets();
    if (found.length === 0) return false;
    void act(found);
    return true;
  };
  const end = (ended: readonly Transfer[]) => {
    actions.endTransfers(ended);
    setSelected(NONE);
  };
  useShortcuts({
    " ": onTargets((found) => actions.transferAct(found, found.every(isPaused) ? "resume" : "pause")),
    r: onTargets((found) => actions.transferAct(found, "retry")),
    w: onTargets(([first]) => first !== undefined && router.go("transfers", first.id)),
    Delete: onTargets(end),
    Escape: () => {
      if (selected.size === 0) return false;
      setSelected(NONE);
      return true;
    },
  });

  return (
    <div className={layout.screen} data-details={openId !== undefined}>
      <div className={layout.list}>
        <div className={layout.head}>
          <div className={layout.headTitle}>
            <h1>{text.title}</h1>
            {data !== undefined && <span className={layout.headNote}>{text.total(total)}</span>}
          </div>
          <div className={layout.headActions}>
            <BulkButtons />
            <Button size="xs" leftSection={<Icon name="link" size={16} />} onClick={() => linkDialog.set({ text: "" })}>
              {text.addLink}
            </Button>
          </div>
        </div>
        <Filters direction={direction} state={state} onChoose={choose} />
        {selected.size > 0 && (
          <div className={layout.bulk}>
            <span>{text.selected(selected.size)}</span>
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={onTargets((found) => actions.transferAct(found, "pause"))}
            >
              {text.pause}
            </Button>
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={onTargets((found) => actions.transferAct(found, "resume"))}
            >
              {text.resume}
            </Button>
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={onTargets((found) => actions.transferAct(found, "retry"))}
            >
              {text.retryOne}
            </Button>
            <Button size="compact-sm" variant="subtle" onClick={onTargets(end)}>
              {targets().every(hasEnded) ? text.removeOne : text.cancelOne}
            </Button>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setSelected(NONE)}>
              {text.unselect}
            </Button>
          </div>
        )}
        <div className={layout.body} data-waiting={isPlaceholderData}>
          {data === undefined && error === null && <Skeleton rows={8} />}
          {error !== null && (
            <LoadError
              error={error}
              isPartial={data !== undefined}
              onRetry={() => void (isFetchNextPageError ? fetchNextPage() : refetch())}
            />
          )}
          {data !== undefined && rows.length === 0 && (
            <Nothing direction={direction} state={state} onAll={() => choose(direction, undefined)} />
          )}
          {rows.length > 0 && (
            <Grid
              label={direction === "down" ? text.down : text.up}
              rows={rows}
              idOf={transferId}
              columns={transferColumns(direction)}
              card={(row) => <TransferCard transfer={row} />}
              total={total}
              sort={sort}
              onSort={setSort}
              activeId={activeId}
              onActive={(id) => {
                setActiveId(id);
                if (openId !== undefined) router.go("transfers", id);
              }}
              onOpen={(id) => router.go("transfers", id)}
              selected={selected}
              onSelected={setSelected}
              leaving={leaving}
              onNearEnd={onNearEnd}
            />
          )}
          {list.isFetchingNextPage && <p className={style.loadingMore}>{text.loadingMore}</p>}
        </div>
      </div>
      {openId !== undefined && (
        <TransferDetails key={openId} id={openId} onClose={() => router.go("transfers")} onEnd={end} />
      )}
    </div>
  );
}

function transferId({ id }: Transfer): string {
  return id;
}

function isPaused({ state }: Transfer): boolean {
  return state === "paused";
}

interface FiltersProps {
  readonly direction: Transfer["direction"];
  readonly state: TransferState | undefined;
  readonly onChoose: (direction: Transfer["direction"], state: TransferState | undefined) => void;
}

function Filters({ direction, state, onChoose }: FiltersProps) {
  return (
    <div className={layout.bar}>
      <Choice
        label={text.direction}
        look="one"
        options={[
          { value: "down" as const, label: text.down },
          { value: "up" as const, label: text.up },
        ]}
        isChosen={(value) => value === direction}
        onChoose={(value) => onChoose(value, undefined)}
      />
      <Choice
        label={text.stateFilter}
        look="chips"
        options={[
          { value: undefined, label: text.all },
          ...STATES.map((value) => ({ value, label: text.states[value] })),
        ]}
        isChosen={(value) => value === state}
        onChoose={(value) => onChoose(direction, value)}
      />
    </div>
  );
}

/** What can be done to all in one state, where there are any. */
function BulkButtons() {
  const actions = useActions();
  const { data } = useSystem();
  const acts = [
    { label: text.retryFailed, state: "failed", action: "retry" },
    { label: text.clearDone, state: "done", action: "remove" },
  ] as const;
  return acts.map(({ label, state, action }) => {
    const transfers = data?.transfers[state] ?? 0;
    return (
      transfers > 0 && (
        <Button
          key={label}
          size="xs"
          variant="subtle"
          color="gray"
          className={style.bulkButton}
          onClick={() => void actions.allInState(state, action)}
        >
          {label}
        </Button>
      )
    );
  });
}

interface NothingProps {
  readonly direction: Transfer["direction"];
  readonly state: TransferState | undefined;
  readonly onAll: () => void;
}

function Nothing({ direction, state, onAll }: NothingProps) {
  const { router, linkDialog } = useApp();
  if (state !== undefined) {
    return (
      <Empty icon="transfers" title={text.emptyTitle} text={text.emptyState(text.states[state])}>
        <Button variant="default" onClick={onAll}>
          {text.showAll}
        </Button>
      </Empty>
    );
  }
  if (direction === "up") return <Empty icon="transfers" title={text.emptyTitle} text={text.emptyUp} />;
  return (
    <Empty icon="transfers" title={text.emptyTitle} text={text.emptyDown}>
      <Button onClick={() => router.go("search")}>{text.goSearch}</Button>
      <Button variant="default" onClick={() => linkDialog.set({ text: "" })}>
        {text.addLink}
      </Button>
    </Empty>
  );
}
