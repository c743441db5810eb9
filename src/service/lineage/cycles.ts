import type { LineageEdge } from "../../domain/entities.ts";
import { DomainError, invalid } from "../../domain/errors.ts";
import { MAX_LINEAGE_NODES } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { objectOfNode } from "./nodes.ts";
import { walk, type Direction } from "./walk.ts";

/**
 * Throws "invalid_argument" when one of these edges, all of them stored already, closes a cycle among objects: nothing
 * is made from what was made from it. What is outside may come round: a deployment feeds a dataset that trains the next
 * version for the same deployment.
 */
export async function requireNoCycle(
  tx: MetadataReader,
  namespaceId: string,
  edges: readonly LineageEdge[],
): Promise<void> {
  const between = edges.filter((edge) => isObject(edge.source) && isObject(edge.target));
  if (between.length === 0) return;
  const checked =
    (await checkTowards(tx, namespaceId, edges, between, "ancestors")) ||
    (await checkTowards(tx, namespaceId, edges, between, "descendants"));
  if (checked) return;
  throw new DomainError(
    "resource_exhausted",
    "LINEAGE_TOO_LARGE",
    `The edges join graphs of more than ${MAX_LINEAGE_NODES} nodes, too many to look for cycles; link nearer to the ends.`,
  );
}

/** False when the graph in that direction is too large to tell. */
async function checkTowards(
  tx: MetadataReader,
  namespaceId: string,
  edges: readonly LineageEdge[],
  between: readonly LineageEdge[],
  direction: Direction,
): Promise<boolean> {
  const [from, to] =
    direction === "ancestors" ? (["source", "target"] as const) : (["target", "source"] as const);
  const start = [...new Set(between.map((edge) => edge[from]))];
  const walked = await walk(tx, namespaceId, start, direction, {
    maxDepth: MAX_LINEAGE_NODES,
    enter: isObject,
  });
  if (walked.truncated) return false;
  const neighbours = Map.groupBy(walked.edges, (edge) => edge[to]);
  const reachable = new Map<string, ReadonlySet<string>>();
  for (const edge of between) {
    const reached = reachable.get(edge[from]) ?? reach(edge[from], from, neighbours);
    reachable.set(edge[from], reached);
    if (reached.has(edge[to])) {
      throw invalid(
        `edges[${edges.indexOf(edge)}]`,
        `"${edge.target}" is an ancestor of "${edge.source}" already; an object can't be made from what was made from it`,
      );
    }
  }
  return true;
}

/** All nodes that edges lead to from a node; itself only when a cycle leads back. */
function reach(
  node: string,
  next: "source" | "target",
  neighbours: ReadonlyMap<string, readonly LineageEdge[]>,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [node];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (!isObject(current)) continue;
    for (const edge of neighbours.get(current) ?? []) {
      if (reached.has(edge[next])) continue;
      reached.add(edge[next]);
      open.push(edge[next]);
    }
  }
  return reached;
}

function isObject(node: string): boolean {
  return objectOfNode(node) !== undefined;
}
