import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { DEFAULT_LINEAGE_DEPTH, MAX_LINEAGE_DEPTH, MAX_LINEAGE_EDGES_PER_CALL } from "../../domain/limits.ts";
import {
  AddLineageEdgesRequestSchema,
  GetLineageRequestSchema,
  LineageDirection,
  RemoveLineageEdgesRequestSchema,
  type LineageService,
} from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { addLineageEdges, removeLineageEdges } from "../../service/lineage/edges.ts";
import { getLineage, type GetLineageInput } from "../../service/lineage/get.ts";
import { parseNode } from "../../service/lineage/nodes.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { namespace, optional, parsedBy } from "./decode/references.ts";
import { name, requestId } from "./decode/text.ts";
import { encodeEdge } from "./encode/records.ts";

const node = parsedBy(parseNode);
const edges = z
  .array(z.object({ source: node, target: node, relation: name }))
  .min(1, "must have at least one edge")
  .max(MAX_LINEAGE_EDGES_PER_CALL, `must have at most ${MAX_LINEAGE_EDGES_PER_CALL} edges`);
const edgesRequest = z.object({ namespace, edges, requestId });

const DIRECTIONS = new Map<LineageDirection, GetLineageInput["direction"]>([
  [LineageDirection.UNSPECIFIED, "both"],
  [LineageDirection.ANCESTORS, "ancestors"],
  [LineageDirection.DESCENDANTS, "descendants"],
]);
const direction = z.custom<LineageDirection>().transform((wire, context): GetLineageInput["direction"] => {
  const known = DIRECTIONS.get(wire);
  if (known !== undefined) return known;
  context.addIssue({ code: "custom", message: "must be one of LineageDirection" });
  return z.NEVER;
});
const depthMessage = `must be from 1 to ${MAX_LINEAGE_DEPTH}`;
const maxDepth = z
  .number()
  .min(0, depthMessage)
  .max(MAX_LINEAGE_DEPTH, depthMessage)
  .transform((depth) => (depth === 0 ? DEFAULT_LINEAGE_DEPTH : depth));
const getRequest = z.object({ object: node, namespace: optional(namespace), direction, maxDepth });

export function lineageService({ service }: RpcApp): ServiceImpl<typeof LineageService> {
  return {
    async addLineageEdges(request, context) {
      const input = decode(edgesRequest, request, AddLineageEdgesRequestSchema);
      return { edges: (await addLineageEdges(service, callerOf(context), input)).edges.map(encodeEdge) };
    },
    async removeLineageEdges(request, context) {
      const input = decode(edgesRequest, request, RemoveLineageEdgesRequestSchema);
      const { removedCount } = await removeLineageEdges(service, callerOf(context), input);
      return { removedCount: BigInt(removedCount) };
    },
    async getLineage(request, context) {
      const { object, ...input } = decode(getRequest, request, GetLineageRequestSchema);
      const graph = await getLineage(service, callerOf(context), { ...input, node: object });
      return {
        nodes: graph.nodes.map((one) => ({ ...one })),
        edges: graph.edges.map(encodeEdge),
        truncated: graph.truncated,
      };
    },
  };
}
