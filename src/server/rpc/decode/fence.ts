import { z } from "zod";
import type { RunFence as WireRunFence } from "../../../gen/modelbox/v1/common_pb.ts";
import type { RunFence } from "../../../service/leases/fence.ts";
import { count } from "./numbers.ts";
import { id } from "./text.ts";

const schema = z.object({ leaseId: id, fencingNumber: count });

/** What a trainer shows of its run lease, or undefined. */
export const fence = z
  .custom<WireRunFence>()
  .optional()
  .transform((wire, context): RunFence | undefined => {
    if (wire === undefined) return undefined;
    const result = schema.safeParse(wire);
    if (result.success) return result.data;
    for (const { path, message } of result.error.issues) context.addIssue({ code: "custom", path, message });
    return z.NEVER;
  });
