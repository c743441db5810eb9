import type { Labels } from "../../domain/entities.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { idOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

export function getLabels(context: ServiceContext, caller: Caller, object: ObjectReference): Promise<Labels> {
  return context.metadata.read(async (tx) => {
    const id = idOf(requireLabelled(await resolveObject(tx, caller, object)));
    return (await tx.labels.getMany([id])).get(id) ?? {};
  });
}
