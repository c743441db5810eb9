import type { ObjectKind } from "./entities.ts";
import { isId } from "./ids.ts";
import { MAX_FILE_PATH_BYTES, MAX_FILE_PATH_PART_BYTES, MAX_NAME_LENGTH } from "./limits.ts";

const NAME_PATTERN = /^[A-Za-z0-9._-]+$/;
const RESERVED_CHECKPOINT_NAMES = new Set(["latest"]);

/** Why a text is not a name, or undefined when it is one. */
export function nameProblem(name: string): string | undefined {
  if (name.length === 0) return "must not be empty";
  if (name.length > MAX_NAME_LENGTH)
    return `must have at most ${MAX_NAME_LENGTH} characters, has ${name.length}`;
  if (!NAME_PATTERN.test(name)) return "may only have letters, digits, '.', '_' and '-'";
  if (name.includes("..")) return "must not contain '..'";
  if (name === "." || name === "-") return `must not be '${name}'`;
  return undefined;
}

/** As nameProblem, for an object that gets the name: one that looks like an id could be taken for another object. */
export function newNameProblem(name: string): string | undefined {
  return isId(name) ? "must not look like an id" : nameProblem(name);
}

/** As newNameProblem, and `latest` is not for checkpoints. */
export function checkpointNameProblem(name: string): string | undefined {
  if (RESERVED_CHECKPOINT_NAMES.has(name)) return "'latest' is reserved for the last committed checkpoint";
  return newNameProblem(name);
}

/** Why a text is not the relative path of a stored file, or undefined when it is one. */
export function filePathProblem(path: string): string | undefined {
  if (path.length === 0) return "must not be empty";
  if (Buffer.byteLength(path) > MAX_FILE_PATH_BYTES) return `must have at most ${MAX_FILE_PATH_BYTES} bytes`;
  if (!path.isWellFormed()) return "must be valid Unicode";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return "must not contain control characters";
  if (path.includes("\\")) return "must use '/' and not '\\'";
  if (/^[A-Za-z]:/.test(path)) return "must not begin with a drive letter";
  for (const part of path.split("/")) {
    if (part === "") return "must be relative, without empty parts";
    if (part === "." || part === "..") return "must not contain '.' or '..' parts";
    if (Buffer.byteLength(part) > MAX_FILE_PATH_PART_BYTES)
      return `must have at most ${MAX_FILE_PATH_PART_BYTES} bytes between two '/'`;
  }
  return undefined;
}

/** Characters are kept as they are: nothing in a path is decoded, so `%2e%2e` is refused as a name by its `%`. */
export type ParsedReference =
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "path"; readonly parts: readonly string[]; readonly version: string | undefined };

/** Splits `a/b/c` and `a/b@v`; says nothing about whether the parts are names. */
export function splitReference(reference: string): ParsedReference & { readonly type: "path" } {
  const at = reference.indexOf("@");
  const path = at === -1 ? reference : reference.slice(0, at);
  return { type: "path", parts: path.split("/"), version: at === -1 ? undefined : reference.slice(at + 1) };
}

const KINDS: readonly ObjectKind[] = [
  "namespace",
  "experiment",
  "checkpoint",
  "model",
  "version",
  "artifact",
];

/** Splits `kind:reference`; undefined when the kind is missing or unknown. */
export function splitObject(
  object: string,
): { readonly kind: ObjectKind; readonly reference: string } | undefined {
  const colon = object.indexOf(":");
  if (colon === -1) return undefined;
  const kind = KINDS.find((one) => one === object.slice(0, colon));
  return kind === undefined ? undefined : { kind, reference: object.slice(colon + 1) };
}
