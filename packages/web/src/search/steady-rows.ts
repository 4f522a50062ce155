// Keeps rows where they are while somebody reads them: new ones wait until they are asked for.
import { useState } from "react";
import type { FileGroup } from "../api/shapes.ts";
import type { Sort } from "../table/grid.tsx";

const HEALTH = ["unreachable", "push", "busy", "ready"];

const FIELDS: Readonly<Record<string, (row: FileGroup) => string | number>> = {
  name: (row) => row.name.toLowerCase(),
  size: (row) => row.size,
  type: (row) => row.type,
  networks: (row) => row.networks.length,
  sources: (row) => row.sources.length,
  health: (row) => HEALTH.indexOf(row.health),
};

/** In the order asked for, and among equals in the order of arrival. */
export function sortedGroups(rows: readonly FileGroup[], sort: Sort | undefined): readonly FileGroup[] {
  const read = sort === undefined ? undefined : FIELDS[sort.by];
  if (sort === undefined || read === undefined) return rows.toSorted((a, b) => a.number - b.number);
  const sign = sort.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [read(a), read(b)];
    if (left === right) return a.number - b.number;
    return left < right ? -sign : sign;
  });
}

interface Steady {
  readonly rows: readonly FileGroup[];
  /** Rows that wait. */
  readonly fresh: number;
  readonly showFresh: () => void;
}

/** `view`: whatever asks for a new order when it changes (search, filter, sort). */
export function useSteadyRows(
  rows: readonly FileGroup[],
  sort: Sort | undefined,
  view: string,
  isReading: boolean,
): Steady {
  const [order, setOrder] = useState<{ view: string; ids: readonly string[] }>({ view: "", ids: [] });
  const isFree = !isReading || order.view !== view || order.ids.length === 0;
  const shown = isFree ? sortedGroups(rows, sort) : steady(rows, order.ids);
  const ids = shown.map(({ id }) => id);
  // What is shown now is what must stay when the reading begins.
  if (isFree && (order.view !== view || !isSame(ids, order.ids))) setOrder({ view, ids });
  return {
    rows: shown,
    fresh: rows.length - shown.length,
    showFresh: () => setOrder({ view, ids: sortedGroups(rows, sort).map(({ id }) => id) }),
  };
}

function steady(rows: readonly FileGroup[], order: readonly string[]): readonly FileGroup[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return order.flatMap((id) => byId.get(id) ?? []);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
