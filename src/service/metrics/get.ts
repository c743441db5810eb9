import type { MetricPoint } from "../../domain/entities.ts";
import { MAX_LATEST_METRICS } from "../../domain/limits.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { idOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

/** The point at the highest step of each key; `keys` empty for all. */
export function getMetrics(
  context: ServiceContext,
  caller: Caller,
  { object, keys }: { readonly object: ObjectReference; readonly keys: readonly string[] },
): Promise<readonly MetricPoint[]> {
  return context.metadata.read(async (tx) => {
    const located = requireLabelled(await resolveObject(tx, caller, object));
    return tx.metrics.latest(idOf(located), keys, MAX_LATEST_METRICS);
  });
}
