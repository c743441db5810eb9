import { isId } from "../../domain/ids.ts";
import { UsageError } from "../output/usage-error.ts";

/** The kinds that `--object` takes, as they are typed; `project` is the command line's word for a namespace. */
export const typedKinds = [
  "project",
  "experiment",
  "checkpoint",
  "model",
  "version",
  "artifact",
  "namespace",
] as const;

/** What the flags and arguments of a command say about an object; each is an id, a name or a path. */
export interface NamedParts {
  readonly project?: string | undefined;
  readonly experiment?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly tag?: string | undefined;
}

/** True for `kind:…` with a kind that is known. */
export function hasKind(text: string): boolean {
  return typedKinds.some((kind) => text.startsWith(`${kind}:`));
}

/** The `kind:reference` that the API takes, from what was typed after `--object`. */
export function objectFromText(text: string): string {
  if (!hasKind(text)) {
    throw new UsageError(
      `"${text}" does not say which kind of object it is; write for example ${withLikelyKinds(text)}`,
    );
  }
  return text.startsWith("project:") ? `namespace:${text.slice("project:".length)}` : text;
}

/** The text with the kinds that its form allows: `version:langtech/lid@3`. */
function withLikelyKinds(text: string): string {
  // A kind that is not known is taken for a mistyped one.
  const reference = text.replace(/^\w*:(?!\/\/)/, "");
  return likelyKinds(reference)
    .map((kind) => `${kind}:${reference}`)
    .join(" or ");
}

function likelyKinds(reference: string): readonly (typeof typedKinds)[number][] {
  if (isId(reference) || reference.includes("@")) return ["version"];
  const slashes = reference.split("/").length - 1;
  if (slashes === 0) return ["project"];
  return slashes === 1 ? ["experiment", "model"] : ["checkpoint"];
}

/** Kinds of lineage nodes that are outside of ModelBox. */
const OUTSIDE_KINDS = ["dataset", "worker_run", "deployment"] as const;

/** True for a lineage node that is outside of ModelBox, such as `dataset:common-voice`. */
export function isOutside(node: string): boolean {
  return OUTSIDE_KINDS.some((kind) => node.startsWith(`${kind}:`));
}

/** A lineage node as the API takes it: an object, or something outside. */
export function nodeFromText(text: string): string {
  if (isOutside(text) || hasKind(text)) return isOutside(text) ? text : objectFromText(text);
  const outside = OUTSIDE_KINDS.map((kind) => `${kind}:…`).join(", ");
  throw new UsageError(
    `"${text}" does not say what it is; write for example ${withLikelyKinds(text)}, or ${outside}`,
  );
}

/** The `kind:reference` that single flags name together: `--model langtech/lid --tag production` is a version. */
export function objectFromParts(parts: NamedParts): string | undefined {
  if (parts.version !== undefined || parts.tag !== undefined) return `version:${versionName(parts)}`;
  if (parts.checkpoint !== undefined) return `checkpoint:${checkpointName(parts)}`;
  if (parts.model !== undefined) return `model:${modelName(parts)}`;
  if (parts.experiment !== undefined) return `experiment:${experimentName(parts)}`;
  return parts.project === undefined ? undefined : `namespace:${parts.project}`;
}

/** Id or path of an experiment; a bare name is looked for in the project. */
export function experimentName({ experiment = "", project }: NamedParts): string {
  return below(project, "/", experiment);
}

/** Id or path of a model; a bare name is looked for in the project. */
export function modelName({ model = "", project }: NamedParts): string {
  return below(project, "/", model);
}

/** Id or path of a checkpoint; a bare name is looked for in the experiment. */
export function checkpointName(parts: NamedParts): string {
  const parent = parts.experiment === undefined ? undefined : experimentName(parts);
  return below(parent, "/", parts.checkpoint ?? "");
}

/** Id or path of a version; a bare version or a tag is looked for in the model. */
export function versionName(parts: NamedParts): string {
  if (parts.tag === undefined) {
    const parent = parts.model === undefined ? undefined : modelName(parts);
    return below(parent, "@", parts.version ?? "");
  }
  if (parts.version !== undefined)
    throw new UsageError("--version and --tag are both given; name one version");
  if (parts.model === undefined)
    throw new UsageError("--tag needs the model too, for example --model langtech/lid");
  return `${modelName(parts)}@${parts.tag}`;
}

/** A path or an id stands by itself; a bare name is put below its parent. */
function below(parent: string | undefined, separator: "/" | "@", name: string): string {
  if (parent === undefined || isId(name)) return name;
  if (!name.includes(separator)) return `${parent}${separator}${name}`;
  // The parent's id says nothing about its path.
  if (!isId(parent) && !name.startsWith(`${parent}${separator}`)) {
    throw new UsageError(`${name} is not in ${parent}; leave one of them out`);
  }
  return name;
}

/** The name of the namespace in a path; undefined where an id hides it. */
export function namespaceOf(reference: string): string | undefined {
  const [first = ""] = reference.slice(reference.indexOf(":") + 1).split(/[/@]/, 1);
  return isId(first) ? undefined : first;
}
