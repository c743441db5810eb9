import type { Message } from "@bufbuild/protobuf";
import { renderDetails, type Detail } from "./details.ts";
import { writeTo } from "./streams.ts";
import { styleFor, type Style } from "./style.ts";
import { renderTable, type Column } from "./table.ts";

/** How people see a list. */
export interface ListView<T> {
  /** `experiments`. */
  readonly plural: string;
  /** What `--quiet` prints. */
  id(row: T): string;
  readonly columns: readonly Column<T>[];
}

/** How people see the objects of one kind. */
export interface View<T> extends ListView<T> {
  /** `experiment`. */
  readonly noun: string;
  /** How messages name it: its path, or its name. */
  title(object: T): string;
  details(object: T): readonly Detail[];
}

/** What a command was asked to print: a table or view for people, the response as JSON, or ids. */
export type OutputMode = "people" | "json" | "quiet";

/** Writes the result of a command to standard output, and notes about it to standard error. */
export class Output {
  readonly mode: OutputMode;
  readonly style: Style;

  constructor(mode: OutputMode) {
    this.mode = mode;
    this.style = styleFor({ isTerminal: process.stdout.isTTY, environment: process.env });
  }

  /** Prints one object; `more` adds to the view for people what takes another call. */
  async object<T>(
    response: Message,
    view: View<T>,
    object: T | undefined,
    more?: (object: T) => Promise<readonly Detail[]>,
  ): Promise<void> {
    if (this.mode === "json") return await this.json(response);
    if (object === undefined) throw new Error(`The server's answer has no ${view.noun}.`);
    if (this.mode === "quiet") return await this.text(`${view.id(object)}\n`);
    const details = [...view.details(object), ...((await more?.(object)) ?? [])];
    await this.text(renderDetails(details, this.style));
  }

  /** Prints a list of objects. */
  async list<T>(response: Message, view: ListView<T>, rows: readonly T[]): Promise<void> {
    if (this.mode === "json") return await this.json(response);
    await this.rows(view, rows);
  }

  /** Prints rows that came in no response. */
  async rows<T>(view: ListView<T>, rows: readonly T[]): Promise<void> {
    if (this.mode === "quiet") return await this.text(rows.map((row) => `${view.id(row)}\n`).join(""));
    if (rows.length === 0) return await this.note(`There are no ${view.plural} here.`);
    const terminalWidth = process.stdout.isTTY ? process.stdout.columns : undefined;
    await this.text(
      renderTable(rows, view.columns, { terminalWidth, emphasize: (text) => this.style.bold(text) }),
    );
  }

  /** Prints names and values. */
  async details(details: readonly Detail[]): Promise<void> {
    await this.text(renderDetails(details, this.style));
  }

  /** Prints a response in the protobuf JSON form. */
  async json(response: Message): Promise<void> {
    const { messageToJson } = await import("./json.ts");
    await this.text(`${messageToJson(response)}\n`);
  }

  /** Prints one message of a stream, as JSON on one line. */
  async jsonLine(response: Message): Promise<void> {
    const { messageToJsonLine } = await import("./json.ts");
    await this.text(`${messageToJsonLine(response)}\n`);
  }

  /** Writes text as it is. */
  async text(text: string): Promise<void> {
    await writeTo(process.stdout, text);
  }

  /** Says on standard error what people should know; programs, which ask for JSON or ids, are spared. */
  async note(text: string): Promise<void> {
    if (this.mode === "people") await this.warn(text);
  }

  /** Says on standard error what nobody should miss. */
  async warn(text: string): Promise<void> {
    await writeTo(process.stderr, `${text}\n`);
  }
}
