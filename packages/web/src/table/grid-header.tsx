import { messages } from "../messages.ts";
import type { Column, Sort } from "./grid.tsx";
import style from "./grid.module.css";

interface GridHeaderProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly tracks: string;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
  readonly hasCheckboxes: boolean;
}

export function GridHeader<Row>({ columns, tracks, sort, onSort, hasCheckboxes }: GridHeaderProps<Row>) {
  return (
    <div role="rowgroup" className={style.header}>
      <div role="row" aria-rowindex={1} className={style.headerRow} style={{ gridTemplateColumns: tracks }}>
        {hasCheckboxes && <span role="columnheader" aria-label={messages.shortcuts.select} />}
        {columns.map((column) => {
          const { sortBy } = column;
          const isSorted = sortBy !== undefined && sort?.by === sortBy;
          return (
            <div
              key={column.id}
              role="columnheader"
              className={style.cell}
              data-align={column.align}
              aria-sort={isSorted ? (sort.isDescending ? "descending" : "ascending") : "none"}
            >
              {sortBy === undefined ? (
                <span className={style.headerLabel}>{column.label}</span>
              ) : (
                <button type="button" className={style.headerLabel} onClick={() => onSort(nextSort(column, sort))}>
                  {column.label}
                  <span aria-hidden="true" className={style.arrow}>
                    {isSorted ? (sort.isDescending ? "↓" : "↑") : ""}
                  </span>
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Numbers begin with the largest, words with the first; the third press gives back the natural order. */
function nextSort<Row>({ sortBy, align }: Column<Row>, sort: Sort | undefined): Sort | undefined {
  if (sortBy === undefined) return sort;
  const first = align === "end";
  if (sort?.by !== sortBy) return { by: sortBy, isDescending: first };
  return sort.isDescending === first ? { by: sortBy, isDescending: !first } : undefined;
}
