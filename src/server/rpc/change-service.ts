import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import type { ObjectKind } from "../../domain/entities.ts";
import {
  ListChangesRequestSchema,
  WatchChangesRequestSchema,
  type ChangeService,
} from "../../gen/modelbox/v1/change_service_pb.ts";
import type { ObjectKind as WireObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { listChanges } from "../../service/changes/list.ts";
import { watchChanges } from "../../service/changes/watch.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { count } from "./decode/numbers.ts";
import { pageFields } from "./decode/paging.ts";
import { namespace } from "./decode/references.ts";
import { WIRE_OBJECT_KIND } from "./encode/kinds.ts";
import { encodeChange } from "./encode/records.ts";

const KINDS = new Map<WireObjectKind, ObjectKind>(
  Object.entries(WIRE_OBJECT_KIND).map(([kind, wire]) => [wire, kind as ObjectKind]),
);
const kind = z.custom<WireObjectKind>().transform((wire, context): ObjectKind => {
  const known = KINDS.get(wire);
  if (known !== undefined) return known;
  context.addIssue({ code: "custom", message: "must be one of ObjectKind, and not unspecified" });
  return z.NEVER;
});
const kinds = z.array(kind).max(KINDS.size, `must have at most ${KINDS.size} kinds, each once`);
const listRequest = z.object({ namespace, afterSequence: count, kinds, ...pageFields });
const watchRequest = z.object({
  namespace,
  afterSequence: count.optional().transform((sequence): number | undefined => sequence),
  kinds,
});

export function changeService({ service }: RpcApp): ServiceImpl<typeof ChangeService> {
  return {
    async listChanges(request, context) {
      const input = decode(listRequest, request, ListChangesRequestSchema);
      const page = await listChanges(service, callerOf(context), input);
      return {
        changes: page.changes.map(encodeChange),
        nextPageToken: page.nextPageToken,
        lastSequence: BigInt(page.lastSequence),
      };
    },
    async *watchChanges(request, context) {
      const input = decode(watchRequest, request, WatchChangesRequestSchema);
      for await (const { change, sequence } of watchChanges(service, callerOf(context), input, context)) {
        const state = change === undefined ? {} : { change: encodeChange(change) };
        yield { ...state, sequence: BigInt(sequence) };
      }
    },
  };
}
