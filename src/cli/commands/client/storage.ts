import { Flags } from "@oclif/core";
import { ClientCommand } from "../../base/client-command.ts";
import { collectPages, type PageMessage } from "../../base/pages.ts";
import { projectFlag } from "../../flags/objects.ts";
import {
  namespaceStorageDetails,
  namespaceStorageView,
  objectStorageView,
  serverStorageDetails,
} from "../../views/storage.ts";

const DEFAULT_SHOWN = 20;
const ALL_PAGES = { all: true };

export default class Storage extends ClientCommand {
  static override summary = "Show what files take, and what was saved.";
  static override description =
    "Of a project, with its objects: EXCLUSIVE is free once the object is deleted, SHARED is of other objects too. " +
    "Without a project of the whole server, with its projects. The largest come first. With --quiet it prints ids.";
  static override examples = [
    "modelbox client storage",
    "modelbox client storage --project langtech",
    "modelbox client storage --project langtech --json",
  ];
  static override flags = {
    project: projectFlag,
    limit: Flags.integer({
      summary: "How many rows to print at most; all are measured, and --json and --quiet print all.",
      default: DEFAULT_SHOWN,
      min: 1,
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Storage);
    if (flags.project === undefined) await this.#server(flags);
    else await this.#project(flags.project, flags);
  }

  async #server(flags: { readonly limit: number } & Parameters<ClientCommand["connect"]>[0]): Promise<void> {
    const client = await this.connect(flags);
    const response = await collectPages(
      ALL_PAGES,
      (page) => client.storage.listNamespaceStorage(page, this.call),
      ({ namespaces }) => namespaces,
    );
    response.namespaces.sort(largestFirst((one) => one.storedBytes));
    if (this.output.mode === "json") return await this.output.json(response);
    if (this.output.mode === "people" && response.server !== undefined)
      await this.output.details(serverStorageDetails(response.server));
    await this.#rows(namespaceStorageView, response.namespaces, flags.limit, response);
  }

  async #project(
    namespace: string,
    flags: { readonly limit: number } & Parameters<ClientCommand["connect"]>[0],
  ): Promise<void> {
    const client = await this.connect(flags);
    const response = await collectPages(
      ALL_PAGES,
      (page) => client.storage.listObjectStorage({ namespace, ...page }, this.call),
      ({ objects }) => objects,
    );
    response.objects.sort(largestFirst((one) => one.exclusiveBytes));
    if (this.output.mode === "json") return await this.output.json(response);
    if (this.output.mode === "people" && response.namespace !== undefined)
      await this.output.details(namespaceStorageDetails(response.namespace));
    await this.#rows(objectStorageView, response.objects, flags.limit, response);
  }

  async #rows<Row>(
    view: Parameters<typeof this.output.rows<Row>>[0],
    rows: readonly Row[],
    limit: number,
    { nextPageToken }: PageMessage,
  ): Promise<void> {
    if (nextPageToken !== "")
      await this.output.warn(`There are more than ${rows.length} ${view.plural}; only these were measured.`);
    if (this.output.mode === "quiet") return await this.output.rows(view, rows);
    await this.output.text("\n");
    await this.output.rows(view, rows.slice(0, limit));
    if (rows.length > limit)
      await this.output.note(
        `These are the largest ${limit} of ${rows.length} ${view.plural}; --limit shows more.`,
      );
  }
}

function largestFirst<Row>(bytesOf: (row: Row) => bigint): (left: Row, right: Row) => number {
  return (left, right) => Number(bytesOf(right) - bytesOf(left));
}
