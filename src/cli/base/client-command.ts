import { Flags } from "@oclif/core";
import type { Message } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { ModelBoxClient } from "../../client/index.ts";
import type { ClientConfig } from "../../config/index.ts";
import type { PageFlags } from "../flags/list.ts";
import type { ListView, View } from "../output/output.ts";
import { CLEAR_LINE } from "../output/progress-line.ts";
import { BaseCommand } from "./base-command.ts";
import { InterruptedError, Interruption } from "./interruption.ts";
import { collectPages, moreNotice, type Page, type PageMessage } from "./pages.ts";
import { canAsk, confirm } from "./prompts.ts";

/** Which server is meant. */
export interface ServerFlags {
  readonly "server-addr"?: string | undefined;
  readonly "config-path"?: string | undefined;
}

/** A command that talks to a server. */
export abstract class ClientCommand extends BaseCommand {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    "server-addr": Flags.string({
      summary: "Address of the server; overrides MODELBOX_SERVER_ADDR and the configuration file.",
      helpValue: "<address>",
      helpGroup: "global",
    }),
    "config-path": Flags.string({
      summary: "Configuration file of the client.",
      helpValue: "<file>",
      helpGroup: "global",
    }),
  };

  readonly #interruption = new Interruption();
  #isWarned = false;

  /** What goes with every call: Ctrl-C ends it. */
  protected get call(): CallOptions & { readonly signal: AbortSignal } {
    return { signal: this.#interruption.signal };
  }

  /** What the flags, the environment and the configuration file say. */
  protected async clientConfig(flags: ServerFlags): Promise<ClientConfig> {
    const { loadClientConfig } = await import("../../config/index.ts");
    const { config, warnings } = loadClientConfig({
      path: flags["config-path"],
      env: process.env,
      cwd: process.cwd(),
      flags: { server_addr: flags["server-addr"] },
    });
    if (!this.#isWarned) for (const warning of warnings) await this.output.warn(warning);
    this.#isWarned = true;
    return config;
  }

  /** The server that the flags, the environment or the configuration file name. */
  protected async connect(flags: ServerFlags): Promise<ModelBoxClient> {
    const [{ createModelBoxClient }, { readClientTls }] = await Promise.all([
      import("../../client/index.ts"),
      import("../../config/index.ts"),
    ]);
    const config = await this.clientConfig(flags);
    const onSlowAnswer = tellOnce(`Waiting for ${config.serverAddr} to answer …`);
    const { serverAddr } = config;
    const tls = readClientTls(config);
    const token = config.token.reveal();
    return createModelBoxClient({ serverAddr, token, onSlowAnswer, ...(tls && { tls }) });
  }

  /** Prints as many pages of a list as the flags ask for. */
  protected async printPages<Response extends PageMessage, Row>(
    flags: PageFlags,
    view: ListView<Row>,
    fetch: (page: Page) => Promise<Response>,
    rowsOf: (response: Response) => Row[],
  ): Promise<void> {
    const response = await collectPages(flags, fetch, rowsOf);
    await this.output.list(response, view, rowsOf(response));
    const notice = moreNotice(response);
    if (notice !== undefined && this.output.mode !== "json") await this.output.warn(notice);
  }

  /** Prints what a create call returned, and says whether it was there before. */
  protected async printCreated<T>(
    response: Message & { readonly exists: boolean },
    view: View<T>,
    object: T | undefined,
  ): Promise<void> {
    if (object !== undefined) {
      const what = `${view.noun} ${view.title(object)}`;
      await this.output.note(response.exists ? `The ${what} was there already.` : `Created ${what}.`);
    }
    await this.output.object(response, view, object);
  }

  /** Prints what was deleted. */
  protected async printDeleted<T>(response: Message, view: View<T>, object: T | undefined): Promise<void> {
    if (object !== undefined) await this.output.note(`Deleted ${view.noun} ${view.title(object)}.`);
    if (this.output.mode !== "people") await this.output.object(response, view, object);
  }

  /** Asks on a terminal whether a deletion is meant, unless `--yes` says so. */
  protected async confirmDeletion(what: string, flags: { yes: boolean }): Promise<void> {
    if (flags.yes || !canAsk()) return;
    if (!(await confirm(`Delete ${what}?`))) throw new InterruptedError("Nothing was deleted.");
  }
}

/** Says something the first time that it is called, on a terminal only; a progress line gives way to it. */
function tellOnce(text: string): () => void {
  let isTold = !process.stderr.isTTY;
  return () => {
    if (!isTold) process.stderr.write(`${CLEAR_LINE}${text}\n`);
    isTold = true;
  };
}
