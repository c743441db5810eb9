import type { MetricPoint } from "../../domain/entities.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { useFence, type RunFence } from "../leases/fence.ts";
import { mutate } from "../mutation.ts";
import { keyOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

/** A point to store; without `wallTime` it is measured now. */
export type NewMetricPoint = Omit<MetricPoint, "wallTime"> & { readonly wallTime: number | undefined };

export interface LogMetricsInput {
  readonly object: ObjectReference;
  readonly points: readonly NewMetricPoint[];
  readonly fence: RunFence | undefined;
  readonly requestId: string;
}

/** Stores points, all or none; returns how many the call had. Points make no change rows. */
export function logMetrics(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: LogMetricsInput,
): Promise<{ pointCount: number }> {
  const call = { method: "LogMetrics", requestId, request: input };
  return mutate(context, caller, call, async ({ tx, now }) => {
    const located = requireLabelled(await resolveObject(tx, caller, input.object));
    requireWritable(caller, located.namespace);
    await useFence(tx, now, located, input.fence);
    await tx.metrics.log(
      keyOf(located),
      input.points.map((point) => ({ ...point, wallTime: point.wallTime ?? now })),
    );
    return { pointCount: input.points.length };
  });
}
