import type { Event } from "../../domain/entities.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import { idOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

const SHAPE = { method: "ListEvents", orderFields: ["time"], metricOrder: false, defaultOrder: "time" };

/** Events of an object, newest first unless asked otherwise. */
export function listEvents(
  context: ServiceContext,
  caller: Caller,
  { object, ...input }: ListInput & { readonly object: ObjectReference },
): Promise<Listed<Event>> {
  return context.metadata.read(async (tx) => {
    const id = idOf(requireLabelled(await resolveObject(tx, caller, object)));
    return listPage(
      SHAPE,
      { type: "parent", id },
      input,
      (query) => tx.events.list(query),
      (rows) => rows,
    );
  });
}
