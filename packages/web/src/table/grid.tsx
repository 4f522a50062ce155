// A list of many rows: only those in sight exist in the document. Sortable, selectable, all by keyboard too.
// Narrow containers get cards of two lines instead of columns.
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { useShortcuts } from "../shell/shortcuts.ts";
import { GridHeader } from "./grid-header.tsx";
import style from "./grid.module.css";
import { useWidth } from "./use-width.ts";

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  /** A track of CSS grid: `90px`, `minmax(160px, 2fr)`. */
  readonly width: string;
  readonly align?: "end";
  /** Field to sort by; without it the column cannot be sorted. */
  readonly sortBy?: string;
  /** Left out where the table is narrower than this, in px. */
  readonly fromWidth?: number;
  readonly cell: (row: Row) => ReactNode;
}

export interface Sort {
  readonly by: string;
  readonly isDescending: boolean;
}

interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  /** The two lines of a card. */
  readonly card: (row: Row) => ReactNode;
  /** All rows there are, also those not loaded. */
  readonly total: number;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
  readonly activeId: string | undefined;
  readonly onActive: (id: string) => void;
  readonly onOpen: (id: string) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelected?: (ids: ReadonlySet<string>) => void;
  /** Ids that are shown as gone already. */
  readonly leaving?: ReadonlySet<string>;
  /** The last loaded row is near. */
  readonly onNearEnd?: () => void;
  /** What is under a row that is expanded; undefined: nothing. */
  readonly below?: (row: Row) => ReactNode;
  readonly onExpand?: (id: string, isExpanded: boolean) => void;
}

const ROW_PX = 40;
const CARD_PX = 64;
const CARDS_BELOW_PX = 620;
/** Rows beyond the edges: as many as one turn of the wheel brings in. */
const OVERSCAN = 8;
const NEAR_END_ROWS = 40;

export function Grid<Row>(props: GridProps<Row>) {
  const { rows, idOf, activeId, onActive, onOpen, selected, onSelected, onNearEnd, below } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const isCards = width > 0 && width < CARDS_BELOW_PX;
  const columns = props.columns.filter(({ fromWidth = 0 }) => width === 0 || width >= fromWidth);
  const anchor = useRef<string>(undefined);
  const prefix = useId();
  const activeIndex = activeId === undefined ? -1 : rows.findIndex((row) => idOf(row) === activeId);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isCards ? CARD_PX : ROW_PX),
    getItemKey: (index) => idOf(rows[index] as Row),
    overscan: OVERSCAN,
    // The active row always exists: assistive tools are pointed at it.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      return activeIndex < 0 || indexes.includes(activeIndex)
        ? indexes
        : [...indexes, activeIndex].toSorted((a, b) => a - b);
    },
  });
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- Sizes depend on the kind of row alone.
  useEffect(() => virtual.measure(), [isCards]);

  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastIndex >= rows.length - NEAR_END_ROWS) onNearEnd?.();
  }, [lastIndex, rows.length, onNearEnd]);

  const moveTo = (index: number, isRange = false) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    const id = idOf(row);
    onActive(id);
    if (isRange) selectTo(id);
    virtual.scrollToIndex(rows.indexOf(row));
    scroller.current?.focus({ preventScroll: true });
  };

  const toggle = (id: string) => {
    anchor.current = id;
    const ids = new Set(selected);
    if (!ids.delete(id)) ids.add(id);
    onSelected?.(ids);
  };

  const selectTo = (id: string) => {
    anchor.current ??= activeId ?? id;
    const from = rows.findIndex((row) => idOf(row) === anchor.current);
    const to = rows.findIndex((row) => idOf(row) === id);
    const range = rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(idOf);
    onSelected?.(new Set([...(selected ?? []), ...range]));
  };

  const onClick = (event: MouseEvent, id: string) => {
    if (event.target instanceof Element && event.target.closest("button, a, label, input") !== null) return;
    onActive(id);
    scroller.current?.focus({ preventScroll: true });
    if (event.shiftKey && onSelected !== undefined) selectTo(id);
    else if ((event.ctrlKey || event.metaKey) && onSelected !== undefined) toggle(id);
    else onOpen(id);
  };

  const hasFocus = (event: KeyboardEvent) =>
    event.target === document.body ||
    (event.target instanceof Node && scroller.current?.contains(event.target) === true);
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_PX) / (isCards ? CARD_PX : ROW_PX)) - 1);
  const expand = (isExpanded: boolean) => (event: KeyboardEvent) => {
    if (activeId === undefined || props.onExpand === undefined || !hasFocus(event)) return false;
    props.onExpand(activeId, isExpanded);
    return true;
  };
  const ifFocused = (act: (event: KeyboardEvent) => void) => (event: KeyboardEvent) => {
    if (!hasFocus(event)) return false;
    act(event);
    return true;
  };
  useShortcuts({
    j: () => moveTo(activeIndex + 1),
    k: () => moveTo(activeIndex - 1),
    ArrowDown: ifFocused((event) => moveTo(activeIndex + 1, event.shiftKey)),
    ArrowUp: ifFocused((event) => moveTo(activeIndex - 1, event.shiftKey)),
    PageDown: ifFocused(() => moveTo(activeIndex + page)),
    PageUp: ifFocused(() => moveTo(activeIndex - page)),
    Home: ifFocused(() => moveTo(0)),
    End: ifFocused(() => moveTo(rows.length - 1)),
    ArrowRight: expand(true),
    ArrowLeft: expand(false),
    Enter: () => {
      if (activeId === undefined) return false;
      onOpen(activeId);
      return true;
    },
    x: () => {
      if (activeId === undefined || onSelected === undefined) return false;
      toggle(activeId);
      return true;
    },
    X: () => {
      if (activeId === undefined || onSelected === undefined) return false;
      selectTo(activeId);
      return true;
    },
  });

  const tracks = [...(onSelected === undefined ? [] : ["28px"]), ...columns.map((column) => column.width)].join(" ");
  return (
    <div
      className={style.grid}
      role={props.onExpand === undefined ? "grid" : "treegrid"}
      aria-label={props.label}
      aria-rowcount={props.total + 1}
      aria-multiselectable={onSelected !== undefined}
      aria-activedescendant={activeIndex < 0 ? undefined : `${prefix}-${activeId}`}
      tabIndex={0}
      ref={scroller}
    >
      {!isCards && (
        <GridHeader
          columns={columns}
          tracks={tracks}
          sort={props.sort}
          onSort={props.onSort}
          hasCheckboxes={onSelected !== undefined}
        />
      )}
      <div className={style.rows} role="rowgroup" style={{ height: `${virtual.getTotalSize()}px` }}>
        {items.map((item) => {
          const row = rows[item.index] as Row;
          const id = idOf(row);
          const under = below?.(row);
          const isSelected = selected?.has(id) ?? false;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={style.place}
              style={{ transform: `translateY(${item.start}px)` }}
              role="presentation"
            >
              {/* Keys are handled for the whole grid, which has the focus. */}
              <div
                id={`${prefix}-${id}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={onSelected === undefined ? undefined : isSelected}
                aria-expanded={props.onExpand === undefined ? undefined : under !== undefined}
                className={isCards ? style.card : style.row}
                style={isCards ? undefined : { gridTemplateColumns: tracks }}
                data-active={id === activeId}
                data-leaving={props.leaving?.has(id) ?? false}
                // With Shift the browser would mark the text in between.
                onMouseDown={(event) => event.shiftKey && event.preventDefault()}
                onClick={(event) => onClick(event, id)}
              >
                {onSelected !== undefined && !isCards && (
                  <span role="gridcell" className={style.check}>
                    <label>
                      <input
                        type="checkbox"
                        tabIndex={-1}
                        checked={isSelected}
                        onChange={() => toggle(id)}
                        aria-label={`${props.label} ${item.index + 1}`}
                      />
                    </label>
                  </span>
                )}
                {isCards ? (
                  <div role="gridcell" className={style.cardCell}>
                    {props.card(row)}
                  </div>
                ) : (
                  columns.map((column) => (
                    <div key={column.id} role="gridcell" className={style.cell} data-align={column.align}>
                      {column.cell(row)}
                    </div>
                  ))
                )}
              </div>
              {under}
            </div>
          );
        })}
      </div>
    </div>
  );
}
