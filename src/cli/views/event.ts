import type { Event } from "../../gen/modelbox/v1/event_service_pb.ts";
import { formatTime } from "../output/format.ts";
import type { ListView } from "../output/output.ts";
import { idColumn } from "./parts.ts";

/** What an outside system reported. */
export const eventView: ListView<Event> = {
  plural: "events",
  id: (event) => event.id,
  columns: [
    { header: "TIME", value: (event) => formatTime(event.time) },
    { header: "EVENT", value: (event) => event.name },
    { header: "SOURCE", value: (event) => event.source, shrinks: true },
    { header: "DATA", value: dataOf, shrinks: true, optional: true },
    idColumn(),
  ],
};

/** An event without data shows as an object without labels does. */
function dataOf({ data = {} }: Event): string {
  return Object.keys(data).length === 0 ? "" : JSON.stringify(data);
}
