import type { Message } from "@bufbuild/protobuf";
import type { PageFlags } from "../flags/list.ts";

/** How many rows one command collects at most; more are a matter for `--page-token`. */
const MAX_LISTED_ROWS = 100_000;
/** How many rows a call asks for when many are wanted. */
const LARGE_PAGE_SIZE = 1_000;

/** A page of a list. */
export type PageMessage = Message & { nextPageToken: string; incomplete?: boolean };

/** What a list call takes. */
export interface Page {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Calls until there is what the flags ask for; returns one response with all rows, going on where the last one ends. */
export async function collectPages<Response extends PageMessage, Row>(
  flags: PageFlags,
  fetch: (page: Page) => Promise<Response>,
  rowsOf: (response: Response) => Row[],
): Promise<Response> {
  const wanted = Math.min(flags.all === true ? MAX_LISTED_ROWS : (flags.limit ?? 0), MAX_LISTED_ROWS);
  const pageSize = (missing: number): number =>
    flags["page-size"] ?? (wanted === 0 ? 0 : Math.min(missing, LARGE_PAGE_SIZE));
  const response = await fetch({ pageSize: pageSize(wanted), pageToken: flags["page-token"] ?? "" });
  const rows = rowsOf(response);
  while (rows.length < wanted && response.nextPageToken !== "") {
    const next = await fetch({ pageSize: pageSize(wanted - rows.length), pageToken: response.nextPageToken });
    for (const row of rowsOf(next)) rows.push(row);
    response.nextPageToken = next.nextPageToken;
    if (next.incomplete !== undefined) response.incomplete = next.incomplete;
  }
  return response;
}

/** What to say when the list goes on; undefined when it was all. */
export function moreNotice(response: PageMessage): string | undefined {
  if (response.nextPageToken === "") return undefined;
  if (response.incomplete === true) {
    return `The server stopped looking before the page was full; narrow --filter, or go on with --page-token ${response.nextPageToken}`;
  }
  return `There are more: use --all, or go on with --page-token ${response.nextPageToken}`;
}
