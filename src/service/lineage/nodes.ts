import type { ObjectKind } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import { MAX_LINEAGE_NODE_LENGTH } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller } from "../context.ts";
import { idOf, pathOf, requireLabelled } from "../references/located.ts";
import { missingId } from "../references/missing.ts";
import { parseObjectReference, type ObjectReference, type Parsed } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";
import { uriProblem } from "../uri.ts";
import { objectPaths } from "../views/paths.ts";

/** An end of an edge as a caller names it. */
export type NodeReference =
  | { readonly type: "object"; readonly object: ObjectReference }
  | { readonly type: "outside"; readonly node: string };

/** An end of an edge as it is stored: `kind:id`, or what is outside. */
export interface ResolvedNode {
  readonly node: string;
  /** Undefined for what is outside, and for an object that is gone. */
  readonly object: { readonly namespaceId: string; readonly path: string } | undefined;
}

const OUTSIDE_KINDS = ["dataset", "worker_run", "deployment"] as const;
const OBJECT_NODE_KINDS: readonly ObjectKind[] = [
  "namespace",
  "experiment",
  "checkpoint",
  "model",
  "version",
];

/** Reads `kind:` and id or path of an object, or `dataset:`, `worker_run:` or `deployment:` and a name or URI. */
export function parseNode(text: string): Parsed<NodeReference> {
  if (text.length > MAX_LINEAGE_NODE_LENGTH) {
    return { problem: `must have at most ${MAX_LINEAGE_NODE_LENGTH} characters, has ${text.length}` };
  }
  const outside = OUTSIDE_KINDS.find((kind) => text.startsWith(`${kind}:`));
  if (outside !== undefined) {
    const problem = outsideProblem(text.slice(outside.length + 1));
    return problem === undefined ? { value: { type: "outside", node: text } } : { problem };
  }
  const parsed = parseObjectReference(text);
  if ("problem" in parsed)
    return { problem: `${parsed.problem}; what is outside begins with ${OUTSIDE_KINDS.join(", ")}` };
  if (parsed.value.kind === "artifact")
    return { problem: "an artifact is no node; name the object that it belongs to" };
  return { value: { type: "object", object: parsed.value } };
}

/** Kind and id of an object's node; undefined for what is outside. */
export function objectOfNode(node: string): { readonly kind: ObjectKind; readonly id: string } | undefined {
  const colon = node.indexOf(":");
  const kind = OBJECT_NODE_KINDS.find((one) => one === node.slice(0, colon));
  return kind === undefined ? undefined : { kind, id: node.slice(colon + 1) };
}

/**
 * Finds the objects of the nodes, in the same order; ids in a fixed number of queries. An object that is not there is
 * "not_found", or, with `allowGone`, a node without object if it is named by its id.
 */
export async function resolveNodes(
  tx: MetadataReader,
  caller: Caller,
  references: readonly NodeReference[],
  { allowGone }: { readonly allowGone: boolean },
): Promise<readonly ResolvedNode[]> {
  const paths = await objectPaths(tx, references.flatMap(idNode));
  const found = new Map<string, ResolvedNode>();
  const resolved: ResolvedNode[] = [];
  for (const reference of references) {
    const key = JSON.stringify(reference);
    const node = found.get(key) ?? (await resolveNode(reference));
    found.set(key, node);
    resolved.push(node);
  }
  return resolved;

  async function resolveNode(reference: NodeReference): Promise<ResolvedNode> {
    if (reference.type === "outside") return { node: reference.node, object: undefined };
    const [named] = idNode(reference);
    const known = named && paths.get(named.id);
    if (named !== undefined && known !== undefined && canRead(caller, known.namespaceId)) {
      return { node: `${named.kind}:${named.id}`, object: known };
    }
    if (named !== undefined && allowGone) return { node: `${named.kind}:${named.id}`, object: undefined };
    // A namespace may have a name that looks like an id.
    if (named !== undefined && reference.object.kind !== "namespace") throw missingId(named.kind, named.id);
    const located = requireLabelled(await resolveObject(tx, caller, reference.object));
    const object = { namespaceId: located.namespace.id, path: pathOf(located) };
    return { node: `${located.kind}:${idOf(located)}`, object };
  }
}

/** The object of a reference that names it by id. */
function idNode(reference: NodeReference): { readonly kind: ObjectKind; readonly id: string }[] {
  if (reference.type === "outside") return [];
  const { kind, reference: named } = reference.object;
  if (typeof named === "string") return isId(named) ? [{ kind, id: named }] : [];
  return named.type === "id" ? [{ kind, id: named.id }] : [];
}

function outsideProblem(name: string): string | undefined {
  if (name.trim() === "") return "must have a name or URI after the kind";
  if (!name.isWellFormed()) return "must be valid Unicode";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return "must not contain control characters";
  return name.includes("://") ? uriProblem(name) : undefined;
}
