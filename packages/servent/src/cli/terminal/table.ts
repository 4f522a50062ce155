// Columns that fit. The table learns the width of the terminal, shortens the columns that may be shortened, leaves out
// the least important ones when that is not enough, and never wraps a row.
import { type Paint, type Style, painter } from "./colours.ts";
import { cutEnd, cutMiddle, displayWidth, padEnd, padStart, visible, wrapWords } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  /** Says the same in fewer columns; used where the table does not fit otherwise. */
  short?(row: Row): string;
  style?(row: Row): Style | undefined;
  readonly align?: "right";
  /** The column may be cut down to this many columns; without it, never. */
  readonly shrinkTo?: number;
  /** What is lost when it is cut: the middle (names, paths) or the end (sentences). Middle if absent. */
  readonly cut?: "end";
  /** Columns with the highest number are left out first; without it, never. */
  readonly leaveOut?: number;
}

export interface TableLayout {
  /** Columns of the terminal; Infinity where the reader is not one. */
  readonly width: number;
  readonly paint?: Paint;
  /** Tab-separated, uncut, without a header: for programs and screen readers. */
  readonly isPlain?: boolean;
}

const GAP = 2;

/** Lines of a table, header first. Values may come from peers: they are made harmless here. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  layout: TableLayout,
): readonly string[] {
  if (layout.isPlain) return rows.map((row) => columns.map((column) => visible(column.value(row))).join("\t"));
  if (rows.length === 0) return [];
  const paint = layout.paint ?? painter(false);
  const whole = shrink(measured(rows, columns, false), layout.width);
  const shown = naturalWidth(whole) <= layout.width ? whole : fit(measured(rows, columns, true), layout.width);
  const header = shown.map(({ column, width }) => align(column, cutEnd(column.title, width), width));
  return [
    paint(joined(header), "dim"),
    ...rows.map((row, i) =>
      joined(
        shown.map(({ column, cells, width }) => {
          const cell = cells[i] as string;
          const text = column.cut === "end" ? cutEnd(cell, width) : cutMiddle(cell, width);
          const painted = paint(text, column.style?.(row));
          // Padding is measured on the bare text: colour codes take no columns.
          return align(column, text, width).replace(text, () => painted);
        }),
      ),
    ),
  ];
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

/** The columns with their cells; those that may be left out and say nothing are. */
function measured<Row>(rows: readonly Row[], columns: readonly Column<Row>[], isShort: boolean): Measured<Row>[] {
  return columns
    .map((column) => {
      const cells = rows.map((row) => visible(isShort && column.short ? column.short(row) : column.value(row)));
      return { column, cells, width: Math.max(displayWidth(column.title), ...cells.map(displayWidth)) };
    })
    .filter(({ cells, column }) => column.leaveOut === undefined || cells.some((cell) => cell !== ""));
}

function naturalWidth(columns: readonly { readonly width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, GAP * (columns.length - 1));
}

/** Cuts what may be cut; where that is not enough, leaves out the least important column and tries again. */
function fit<Row>(columns: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  const cut = shrink(columns, width);
  if (naturalWidth(cut) <= width) return cut;
  let least: Measured<Row> | undefined;
  for (const each of columns) {
    if ((each.column.leaveOut ?? 0) > (least?.column.leaveOut ?? 0)) least = each;
  }
  return least === undefined
    ? cut
    : fit(
        columns.filter((each) => each !== least),
        width,
      );
}

/** The widest column that may give way loses one until all fits or none can give more. */
function shrink<Row>(columns: readonly Measured<Row>[], width: number): readonly Measured<Row>[] {
  const widths = columns.map((each) => each.width);
  for (let excess = naturalWidth(columns) - width; excess > 0; excess--) {
    let widest = -1;
    for (const [i, { column }] of columns.entries()) {
      const own = widths[i] as number;
      if (own > (column.shrinkTo ?? own) && own > (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
  }
  return columns.map((each, i) => ({ ...each, width: widths[i] as number }));
}

function align<Row>(column: Column<Row>, text: string, width: number): string {
  return column.align === "right" ? padStart(text, width) : padEnd(text, width);
}

function joined(cells: readonly string[]): string {
  return cells.join(" ".repeat(GAP)).trimEnd();
}

/**
 * `name  value` lines for one object: names dim and aligned. Values are broken between words and never cut, because
 * half a path or hash is worth nothing.
 */
export function fieldLines(
  fields: readonly (readonly [name: string, value: string, style?: Style | undefined])[],
  layout: TableLayout,
): readonly string[] {
  const shown = fields.filter(([, value]) => value !== "");
  if (layout.isPlain) return shown.map(([name, value]) => `${name}\t${visible(value)}`);
  const paint = layout.paint ?? painter(false);
  const names = shown.reduce((most, [name]) => Math.max(most, displayWidth(name)), 0);
  const gap = " ".repeat(GAP);
  return shown.flatMap(([name, value, style]) =>
    wrapWords(visible(value), Math.max(8, layout.width - names - GAP)).map(
      (line, i) => `${paint(padEnd(i === 0 ? name : "", names), "dim")}${gap}${paint(line, style)}`,
    ),
  );
}
