import { describe, expect, test } from "bun:test";
import { renderTable, type Column } from "./table.ts";

interface Row {
  readonly path: string;
  readonly size: string;
  readonly note: string;
  readonly id: string;
}

const columns: readonly Column<Row>[] = [
  { header: "PATH", value: (row) => row.path },
  { header: "SIZE", value: (row) => row.size, align: "right" },
  { header: "NOTE", value: (row) => row.note, shrinks: true },
  { header: "ID", value: (row) => row.id, optional: true },
];

const rows: readonly Row[] = [
  { path: "langtech/wav2vec", size: "9 B", note: "a note that goes on and on and on", id: "id-1" },
  { path: "a", size: "10 KiB", note: "", id: "id-2" },
];

function lines(terminalWidth: number | undefined): string[] {
  return renderTable(rows, columns, { terminalWidth, emphasize: (text) => text }).split("\n");
}

describe("a table", () => {
  test("is aligned and cuts nothing in a pipe", () => {
    expect(lines(undefined)).toEqual([
      "PATH                SIZE  NOTE                               ID",
      "langtech/wav2vec     9 B  a note that goes on and on and on  id-1",
      "a                 10 KiB  -                                  id-2",
      "",
    ]);
  });

  test("cuts what may be cut on a narrow terminal", () => {
    const found = lines(50);
    expect(found[1]).toBe("langtech/wav2vec     9 B  a note that goes…   id-1");
    expect(Math.max(...found.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(50);
  });

  test("then leaves out what may be left out, and never cuts a path", () => {
    expect(lines(40)[1]).toBe("langtech/wav2vec     9 B  a note that g…");
    expect(lines(10)[1]).toStartWith("langtech/wav2vec ");
  });

  test("leaves out what is empty in every row, on a terminal", () => {
    const bare = rows.map((row) => ({ ...row, id: "" }));
    const header = (terminalWidth: number | undefined) =>
      renderTable(bare, columns, { terminalWidth, emphasize: (text) => text }).split("\n")[0];
    expect(header(100)).not.toContain("ID");
    expect(header(undefined)).toContain("ID");
  });

  test("counts columns, not characters, and keeps control characters away", () => {
    const [, wide = "", plain = ""] = renderTable(
      [
        { path: "音声", size: "", note: "x\u001b[31my\nz\u202etxt", id: "1" },
        { path: "abcd", size: "", note: "q", id: "2" },
      ],
      columns,
      { terminalWidth: undefined, emphasize: (text) => text },
    ).split("\n");
    expect(Bun.stringWidth(wide)).toBe(Bun.stringWidth(plain));
    expect(wide).toContain("x [31my z txt");
  });

  test("of many rows is drawn in time that grows with their number", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      path: `p/${index}`,
      size: "1 B",
      note: "",
      id: "x",
    }));
    const text = renderTable(many, columns, { terminalWidth: undefined, emphasize: (line) => line });
    expect(text.split("\n")).toHaveLength(many.length + 2);
  });
});
