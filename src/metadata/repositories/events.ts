import type { Event } from "../../domain/entities.ts";
import type { EventWriter, ListPage, ListQuery } from "../../domain/metadata-store.ts";
import { listEvents } from "../list/lists.ts";
import type { Session } from "../session.ts";
import { insertRows } from "./queries.ts";

/** What outside systems reported about objects. */
export class EventRepository implements EventWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(query: ListQuery): Promise<ListPage<Event>> {
    return await listEvents(this.#session, query);
  }

  async insert(events: readonly Event[]): Promise<void> {
    const rows = events.map((event) => ({ ...event, data: JSON.stringify(event.data) }));
    await insertRows(this.#session, "events.insert", this.#session.tables.events, rows, {
      type: "strict",
      what: "events",
    });
  }
}
