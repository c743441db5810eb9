import type { LineageEdge } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import { MAX_LINEAGE_NODES } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { objectPaths } from "../views/paths.ts";
import { single } from "../views/single.ts";
import { objectOfNode, resolveNodes, type NodeReference } from "./nodes.ts";
import { walk, type Direction } from "./walk.ts";

export interface GetLineageInput {
  readonly node: NodeReference;
  /** Id or name; needed only for a node outside. */
  readonly namespace: string | undefined;
  readonly direction: Direction | "both";
  readonly maxDepth: number;
}

/** A node with where it stands in the graph. */
export interface LineageNodeView {
  readonly node: string;
  /** "" for what is outside, deleted, or not the caller's to read. */
  readonly path: string;
  readonly distance: number;
}

export interface LineageGraph {
  readonly nodes: readonly LineageNodeView[];
  readonly edges: readonly LineageEdge[];
  readonly truncated: boolean;
}

/** What an object was made from, and what was made from it. */
export function getLineage(
  context: ServiceContext,
  caller: Caller,
  input: GetLineageInput,
): Promise<LineageGraph> {
  return context.metadata.read(async (tx) => {
    const { node, object } = single(await resolveNodes(tx, caller, [input.node], { allowGone: false }));
    const namespaceId = object?.namespaceId ?? (await namespaceOfOutside(tx, caller, input.namespace));
    const directions: readonly Direction[] =
      input.direction === "both" ? ["ancestors", "descendants"] : [input.direction];
    const distances = new Map<string, number>();
    const edges = new Map<string, LineageEdge>();
    let truncated = false;
    for (const direction of directions) {
      const walked = await walk(tx, namespaceId, [node], direction, input);
      truncated ||= walked.truncated;
      for (const [reached, distance] of walked.distances) {
        distances.set(reached, Math.min(distance, distances.get(reached) ?? distance));
      }
      for (const edge of walked.edges)
        edges.set(JSON.stringify([edge.source, edge.target, edge.relation]), edge);
    }
    const nearest = [...distances].toSorted(([, left], [, right]) => left - right);
    const kept = new Map(nearest.slice(0, MAX_LINEAGE_NODES));
    return {
      nodes: await describeNodes(tx, caller, kept),
      edges: [...edges.values()].filter((edge) => kept.has(edge.source) && kept.has(edge.target)),
      truncated: truncated || nearest.length > kept.size,
    };
  });
}

async function describeNodes(
  tx: MetadataReader,
  caller: Caller,
  distances: ReadonlyMap<string, number>,
): Promise<LineageNodeView[]> {
  const objects = [...distances.keys()].map(objectOfNode).filter((one) => one !== undefined);
  const paths = await objectPaths(tx, objects);
  return [...distances].map(([node, distance]) => {
    const found = paths.get(objectOfNode(node)?.id ?? "");
    const path = found !== undefined && canRead(caller, found.namespaceId) ? found.path : "";
    return { node, path, distance };
  });
}

async function namespaceOfOutside(
  tx: MetadataReader,
  caller: Caller,
  namespace: string | undefined,
): Promise<string> {
  if (namespace === undefined)
    throw invalid("namespace", "is needed for a node outside; name the one that its edges are in");
  return (await resolveNamespace(tx, caller, namespace)).id;
}
