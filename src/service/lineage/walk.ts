import type { LineageEdge } from "../../domain/entities.ts";
import { MAX_LINEAGE_EDGES, MAX_LINEAGE_NODES } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";

/** Nodes in one query; keeps statements of any database within their limit of parameters. */
const BATCH = 1_000;

export type Direction = "ancestors" | "descendants";

/** What was reached from some nodes. */
export interface Walked {
  /** Node to how many edges away it is, nearest first. */
  readonly distances: ReadonlyMap<string, number>;
  /** The edges that were followed, and those between nodes that were reached twice. */
  readonly edges: readonly LineageEdge[];
  /** True when a limit ended the walk. */
  readonly truncated: boolean;
}

export interface WalkOptions {
  readonly maxDepth: number;
  /** Whether to follow the edges of a node that was reached; default all. */
  readonly enter?: (node: string) => boolean;
}

/** Follows the edges of a namespace one way, breadth first, within the limits of domain/limits.ts. */
export async function walk(
  tx: MetadataReader,
  namespaceId: string,
  start: readonly string[],
  direction: Direction,
  { maxDepth, enter = () => true }: WalkOptions,
): Promise<Walked> {
  const distances = new Map<string, number>(start.map((node) => [node, 0]));
  const edges: LineageEdge[] = [];
  let truncated = false;
  let frontier = start.filter((node) => enter(node));
  for (let depth = 1; depth <= maxDepth && frontier.length > 0; depth += 1) {
    const reached: string[] = [];
    for (let first = 0; first < frontier.length; first += BATCH) {
      const room = MAX_LINEAGE_EDGES - edges.length;
      const found = await tx.lineage.edges(
        namespaceId,
        frontier.slice(first, first + BATCH),
        direction,
        room + 1,
      );
      if (found.length > room) truncated = true;
      for (const edge of found.slice(0, room)) {
        const node = direction === "ancestors" ? edge.source : edge.target;
        if (!distances.has(node)) {
          if (distances.size >= MAX_LINEAGE_NODES) {
            truncated = true;
            continue;
          }
          distances.set(node, depth);
          reached.push(node);
        }
        edges.push(edge);
      }
    }
    frontier = truncated ? [] : reached.filter((node) => enter(node));
  }
  return { distances, edges, truncated };
}
