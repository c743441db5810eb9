import { fit, padEnd, padStart, width } from "./text-width.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly header: string;
  value(row: Row): string;
  readonly align?: "left" | "right";
  /** Text that may be cut on a terminal that is too narrow; never an id or a path. */
  readonly shrinks?: boolean;
  /** Left out on a terminal that is too narrow even so. */
  readonly optional?: boolean;
}

/** How a table is laid out. */
export interface TableOptions {
  /** Columns of the terminal. Nothing is cut when it is undefined, as in a pipe. */
  readonly terminalWidth: number | undefined;
  /** Makes the header stand out. */
  readonly emphasize: (text: string) => string;
}

const GAP = "  ";
const EMPTY = "-";
const MIN_SHRUNK_WIDTH = 12;

/** Lays rows out in aligned columns, a header line first. An empty cell shows as `-`. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions,
): string {
  const filled = columns.map((column) => {
    const cells = rows.map((row) => oneLine(column.value(row)) || EMPTY);
    return { column, cells, width: Math.max(width(column.header), ...widest(cells)) };
  });
  const shown =
    options.terminalWidth === undefined ? filled : adapt(filled.filter(isWanted), options.terminalWidth);
  const line = (cellOf: (one: Filled<Row>) => string): string =>
    shown
      .map((one) => align(fit(cellOf(one), one.width), one))
      .join(GAP)
      .trimEnd();
  const lines = [options.emphasize(line((one) => one.column.header))];
  for (let index = 0; index < rows.length; index += 1) lines.push(line((one) => one.cells[index] ?? ""));
  return `${lines.join("\n")}\n`;
}

interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

/** People need no column that is empty in every row; programs that read a pipe count on it. */
function isWanted<Row>({ column, cells }: Filled<Row>): boolean {
  return column.optional !== true || cells.some((cell) => cell !== EMPTY);
}

/** Cuts what may be cut, then leaves out what may be left out, until the table fits; else it stays too wide. */
function adapt<Row>(filled: readonly Filled<Row>[], terminalWidth: number): readonly Filled<Row>[] {
  let shown = filled;
  for (;;) {
    const excess = totalWidth(shown) - terminalWidth;
    if (excess <= 0) return shown;
    const shrunk = shrink(shown, excess);
    if (shrunk) return shrunk;
    const last = shown.findLastIndex((one) => one.column.optional === true);
    if (last === -1) return shown;
    shown = shown.filter((_, index) => index !== last);
  }
}

function shrink<Row>(filled: readonly Filled<Row>[], excess: number): readonly Filled<Row>[] | undefined {
  const room = (one: Filled<Row>): number =>
    one.column.shrinks === true
      ? Math.max(0, one.width - Math.max(MIN_SHRUNK_WIDTH, width(one.column.header)))
      : 0;
  let missing = excess;
  // The widest gives first, so that a short text beside a long one stays whole.
  const taken = new Map<Filled<Row>, number>();
  for (const one of [...filled].sort((a, b) => room(b) - room(a))) {
    const give = Math.min(room(one), missing);
    taken.set(one, give);
    missing -= give;
  }
  if (missing > 0) return undefined;
  return filled.map((one) => ({ ...one, width: one.width - (taken.get(one) ?? 0) }));
}

function totalWidth<Row>(filled: readonly Filled<Row>[]): number {
  return filled.reduce((sum, one) => sum + one.width, 0) + GAP.length * Math.max(0, filled.length - 1);
}

function align<Row>(text: string, one: Filled<Row>): string {
  return one.column.align === "right" ? padStart(text, one.width) : padEnd(text, one.width);
}

/** The widest cell as a list of at most one: spreading all cells would overflow the stack on long tables. */
function widest(cells: readonly string[]): number[] {
  let found = 0;
  for (const cell of cells) found = Math.max(found, width(cell));
  return found > 0 ? [found] : [];
}

/** What came from a user must not break the table, drive the terminal, or turn its text around. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, " ");
}
