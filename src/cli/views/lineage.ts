import type {
  GetLineageResponse,
  LineageEdge,
  LineageNode,
} from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { formatTime } from "../output/format.ts";
import type { ListView } from "../output/output.ts";

/** Links, which have no id: their ends stand for it. */
export const edgeView: ListView<LineageEdge> = {
  plural: "links",
  id: (edge) => `${edge.source} ${edge.target}`,
  columns: [
    { header: "SOURCE", value: (edge) => edge.source },
    { header: "RELATION", value: (edge) => edge.relation },
    { header: "TARGET", value: (edge) => edge.target },
    { header: "CREATED", value: (edge) => formatTime(edge.createdAt), optional: true },
  ],
};

/** Draws the graph as two trees below the object: what it was made from, and what was made from it. */
export function renderLineage({ nodes, edges }: GetLineageResponse): string {
  const [start] = nodes;
  if (!start) return "";
  const names = new Map(nodes.map((node) => [node.node, nameOf(node)]));
  const nameOfEnd = (end: string): string => names.get(end) ?? end;
  const lines = [nameOf(start)];
  for (const [heading, links] of [
    ["made from", linksBy(edges, "target", "source")],
    ["made into", linksBy(edges, "source", "target")],
  ] as const) {
    const tree = [...drawTree(start.node, links, nameOfEnd, "  ", new Set([start.node]))];
    if (tree.length > 0) lines.push(heading, ...tree);
  }
  if (lines.length === 1) lines.push("  (nothing is linked to it)");
  return `${lines.join("\n")}\n`;
}

interface Link {
  readonly other: string;
  readonly relation: string;
}

/** One line for each link; what was drawn before is named again, but not followed again. */
function* drawTree(
  node: string,
  links: ReadonlyMap<string, readonly Link[]>,
  nameOfEnd: (end: string) => string,
  indent: string,
  drawn: Set<string>,
): Generator<string, void, undefined> {
  const below = links.get(node) ?? [];
  for (const [index, { other, relation }] of below.entries()) {
    const isLast = index === below.length - 1;
    const isNew = !drawn.has(other);
    drawn.add(other);
    yield `${indent}${isLast ? "└─" : "├─"} ${nameOfEnd(other)} (${relation})${isNew ? "" : " …"}`;
    if (isNew) yield* drawTree(other, links, nameOfEnd, `${indent}${isLast ? "   " : "│  "}`, drawn);
  }
}

function linksBy(
  edges: readonly LineageEdge[],
  from: "source" | "target",
  to: "source" | "target",
): ReadonlyMap<string, readonly Link[]> {
  const links = new Map<string, Link[]>();
  for (const edge of edges) {
    const list = links.get(edge[from]) ?? [];
    list.push({ other: edge[to], relation: edge.relation });
    links.set(edge[from], list);
  }
  return links;
}

/** `experiment:langtech/wav2vec-lid`; `experiment:<id>` when it is gone. */
function nameOf({ node, path }: LineageNode): string {
  if (path === "") return node;
  const kind = node.slice(0, node.indexOf(":"));
  return `${kind === "namespace" ? "project" : kind}:${path}`;
}
