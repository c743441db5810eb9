import type { Event, JsonValue } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { useFence, type RunFence } from "../leases/fence.ts";
import { mutate } from "../mutation.ts";
import { keyOf, pathOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

/** An event to store; without `time` it happened now. */
export interface NewEvent {
  readonly name: string;
  readonly source: string;
  readonly time: number | undefined;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export interface LogEventsInput {
  readonly object: ObjectReference;
  readonly events: readonly NewEvent[];
  readonly fence: RunFence | undefined;
  readonly requestId: string;
}

/** Stores events, all or none. */
export function logEvents(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: LogEventsInput,
): Promise<{ events: readonly Event[] }> {
  const call = { method: "LogEvents", requestId, request: input };
  return mutate(context, caller, call, async ({ tx, now, record }) => {
    const located = requireLabelled(await resolveObject(tx, caller, input.object));
    requireWritable(caller, located.namespace);
    await useFence(tx, now, located, input.fence);
    const { kind, id, namespaceId } = keyOf(located);
    const events = input.events.map(({ name, source, time, data }): Event => ({
      id: newId(),
      namespaceId,
      objectKind: kind,
      objectId: id,
      name,
      source,
      time: time ?? now,
      data,
    }));
    await tx.events.insert(events);
    for (const value of events) {
      const state = { type: "event", value } as const;
      await record({
        namespaceId,
        kind,
        objectId: id,
        objectPath: pathOf(located),
        action: "event_logged",
        state,
      });
    }
    return { events };
  });
}
