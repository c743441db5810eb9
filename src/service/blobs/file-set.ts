import { invalidFields, type FieldViolation } from "../../domain/errors.ts";
import type { FileInput } from "./fingerprint-files.ts";

/** Problems that are named in one answer. */
const MAX_PROBLEMS = 20;

/** Throws unless the files fit together: no path twice, none that is a file and a folder, sizes that add up. */
export function requireFileSet(files: readonly FileInput[]): void {
  const problems = pathProblems(files, "files.files");
  for (const [index, file] of files.entries()) {
    const sum = file.chunks.reduce((bytes, chunk) => bytes + chunk.sizeBytes, 0);
    if (sum === file.sizeBytes) continue;
    problems.push({
      field: `files.files[${index}].size_bytes`,
      description: `must be ${sum}, the sum of its chunks`,
    });
  }
  throwSome(problems);
}

/** Throws unless the paths can be those of one folder. `field` is the list that they are in. */
export function requirePaths(files: readonly { readonly path: string }[], field: string): void {
  throwSome(pathProblems(files, field));
}

function pathProblems(files: readonly { readonly path: string }[], field: string): FieldViolation[] {
  const problems: FieldViolation[] = [];
  const paths = new Set<string>();
  for (const [index, { path }] of files.entries()) {
    if (paths.has(path)) {
      problems.push({
        field: `${field}[${index}].path`,
        description: `must be unique, "${path}" is there twice`,
      });
    }
    paths.add(path);
  }
  for (const [index, { path }] of files.entries()) {
    const folder = foldersOf(path).find((one) => paths.has(one));
    if (folder === undefined) continue;
    problems.push({
      field: `${field}[${index}].path`,
      description: `must not be inside "${folder}", which is a file`,
    });
  }
  return problems;
}

function throwSome(problems: readonly FieldViolation[]): void {
  if (problems.length > 0) throw invalidFields(problems.slice(0, MAX_PROBLEMS));
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
