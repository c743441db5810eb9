import type { LineageEdge, Namespace } from "../../domain/entities.ts";
import { failedPrecondition, invalid } from "../../domain/errors.ts";
import { MAX_LINEAGE_EDGES } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ChangeAction } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { mutate, type Mutation } from "../mutation.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { impliedEdges } from "./automatic.ts";
import { requireNoCycle } from "./cycles.ts";
import { objectOfNode, resolveNodes, type NodeReference, type ResolvedNode } from "./nodes.ts";

/** An edge as a caller names it. */
export interface EdgeReference {
  readonly source: NodeReference;
  readonly target: NodeReference;
  readonly relation: string;
}

export interface LineageEdgesInput {
  /** Id or name. */
  readonly namespace: string;
  readonly edges: readonly EdgeReference[];
  readonly requestId: string;
}

/** An edge to store or remove, with the objects at its ends. */
interface ResolvedEdge {
  readonly edge: LineageEdge;
  readonly source: ResolvedNode;
  readonly target: ResolvedNode;
}

/** Adds edges, all or none; one that is there already stays. */
export function addLineageEdges(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: LineageEdgesInput,
): Promise<{ edges: readonly LineageEdge[] }> {
  const call = { method: "AddLineageEdges", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const { namespace, resolved } = await resolveEdges(mutation, input, { allowGone: false });
    resolved.forEach((one, index) => requireFit(one, namespace, index));
    const edges = resolved.map((one) => one.edge);
    const added = await tx.lineage.add(edges);
    await requireNoCycle(tx, namespace.id, edges);
    await recordEdges(mutation, "linked", resolved, added);
    return { edges: await asStored(tx, namespace.id, edges, added) };
  });
}

/** Removes edges that were added; one that is not there is no error. Returns how many were there. */
export function removeLineageEdges(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: LineageEdgesInput,
): Promise<{ removedCount: number }> {
  const call = { method: "RemoveLineageEdges", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const { resolved } = await resolveEdges(mutation, input, { allowGone: true });
    const edges = resolved.map((one) => one.edge);
    const [implied] = await impliedEdges(tx, edges);
    if (implied !== undefined) {
      throw failedPrecondition(
        "IMPLIED_EDGE",
        `The edge from "${implied.source}" to "${implied.target}" says what the object is made of; it goes when the object is deleted.`,
        { source: implied.source, target: implied.target },
      );
    }
    const removed = await tx.lineage.remove(edges);
    await recordEdges(mutation, "unlinked", resolved, removed);
    return { removedCount: removed.length };
  });
}

async function resolveEdges(
  { tx, caller, now }: Mutation,
  input: Omit<LineageEdgesInput, "requestId">,
  options: { readonly allowGone: boolean },
): Promise<{ namespace: Namespace; resolved: readonly ResolvedEdge[] }> {
  const namespace = await resolveNamespace(tx, caller, input.namespace);
  requireWritable(caller, namespace);
  const sources = await resolveNodes(
    tx,
    caller,
    input.edges.map((one) => one.source),
    options,
  );
  const targets = await resolveNodes(
    tx,
    caller,
    input.edges.map((one) => one.target),
    options,
  );
  const resolved = input.edges.flatMap(({ relation }, index): ResolvedEdge[] => {
    const source = sources[index];
    const target = targets[index];
    if (source === undefined || target === undefined) return [];
    const ends = { source: source.node, target: target.node };
    return [{ edge: { namespaceId: namespace.id, ...ends, relation, createdAt: now }, source, target }];
  });
  return { namespace, resolved };
}

function requireFit({ edge, source, target }: ResolvedEdge, namespace: Namespace, index: number): void {
  if (edge.source === edge.target) throw invalid(`edges[${index}]`, "must not lead from a node to itself");
  if (source.object?.namespaceId === namespace.id || target.object?.namespaceId === namespace.id) return;
  throw invalid(`edges[${index}]`, `must have an object of namespace "${namespace.name}" at one end`);
}

/** The edges with the time when each was added, by this call or before. */
async function asStored(
  tx: MetadataReader,
  namespaceId: string,
  edges: readonly LineageEdge[],
  added: readonly LineageEdge[],
): Promise<readonly LineageEdge[]> {
  if (added.length === edges.length) return edges;
  const targets = [...new Set(edges.map((one) => one.target))];
  const stored = await tx.lineage.edges(namespaceId, targets, "ancestors", MAX_LINEAGE_EDGES);
  const byKey = new Map(stored.map((one) => [keyOfEdge(one), one]));
  return edges.map((one) => byKey.get(keyOfEdge(one)) ?? one);
}

/** Stores a change row for each of the edges, on the object that it ends at, or else begins at. */
async function recordEdges(
  { record }: Mutation,
  action: Extract<ChangeAction, "linked" | "unlinked">,
  resolved: readonly ResolvedEdge[],
  changed: readonly LineageEdge[],
): Promise<void> {
  const ends = new Map(resolved.map((one) => [keyOfEdge(one.edge), one]));
  for (const edge of changed) {
    const { source, target } = ends.get(keyOfEdge(edge)) ?? {};
    const end = objectOfNode(edge.target) === undefined ? source : target;
    const object = objectOfNode(end?.node ?? "");
    if (object === undefined) continue;
    await record({
      namespaceId: edge.namespaceId,
      kind: object.kind,
      objectId: object.id,
      objectPath: end?.object?.path ?? "",
      action,
      state: { type: "edge", value: edge },
    });
  }
}

function keyOfEdge({ source, target, relation }: LineageEdge): string {
  return JSON.stringify([source, target, relation]);
}
