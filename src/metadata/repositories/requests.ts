import { and, asc, eq, lt, sql } from "drizzle-orm";
import { conflict } from "../../domain/errors.ts";
import type { RememberedRequest, RequestWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";

/** Answers that are remembered for their request ids. */
export class RequestRepository implements RequestWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async find(actor: string, method: string, requestId: string): Promise<RememberedRequest | undefined> {
    const { builder, tables } = this.#session;
    const { requests } = tables;
    const build = () =>
      builder
        .select()
        .from(requests)
        .where(
          and(
            eq(requests.actor, slot(requests.actor, "actor")),
            eq(requests.method, slot(requests.method, "method")),
            eq(requests.requestId, slot(requests.requestId, "requestId")),
          ),
        );
    const [row] = await this.#session.prepared("requests.find", build, { actor, method, requestId });
    return row;
  }

  async remember(request: RememberedRequest): Promise<void> {
    const { requests } = this.#session.tables;
    this.#session.remembersRequest = true;
    if ((await insertRows(this.#session, "requests.insert", requests, [{ ...request }])) > 0) return;
    const message = `The request id "${request.requestId}" was used by another call meanwhile; retry to get its answer.`;
    throw conflict("REQUEST_REPEATED", message, { requestId: request.requestId });
  }

  async purge(before: number, limit: number): Promise<number> {
    const { builder, tables } = this.#session;
    const { requests } = tables;
    const find = () =>
      builder
        .select({ actor: requests.actor, method: requests.method, requestId: requests.requestId })
        .from(requests)
        .where(lt(requests.createdAt, slot(requests.createdAt, "before")))
        .orderBy(asc(requests.createdAt))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("requests.old", find, { before, limit });
    const remove = () =>
      builder
        .delete(requests)
        .where(
          and(
            eq(requests.actor, slot(requests.actor, "actor")),
            eq(requests.method, slot(requests.method, "method")),
            eq(requests.requestId, slot(requests.requestId, "requestId")),
          ),
        );
    for (const row of rows) await this.#session.prepared("requests.delete", remove, row);
    return rows.length;
  }
}
