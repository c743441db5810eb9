import { invalid } from "../../domain/errors.ts";
import { filePathProblem, nameProblem } from "../../domain/names.ts";
import { DEFAULT_ARTIFACT } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import { parseObjectReference, type ObjectReference } from "../../service/references/parse.ts";

/** Characters of a value that are looked at; no value is allowed to be longer. */
const MAX_VALUE_LENGTH = 4096;

/** The parameters of a blob route's query, each at most once; it names what it does not know. */
export class BlobQuery {
  readonly #values: URLSearchParams;

  constructor(url: URL, known: readonly string[]) {
    this.#values = url.searchParams;
    for (const name of new Set(this.#values.keys())) {
      if (!known.includes(name)) {
        throw invalid("query", `"${name.slice(0, 100)}" is no parameter here; there are ${known.join(", ")}`);
      }
      if (this.#values.getAll(name).length > 1) throw invalid(name, "must be there once");
      if (this.text(name).length > MAX_VALUE_LENGTH)
        throw invalid(name, `must have at most ${MAX_VALUE_LENGTH} characters`);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string {
    return this.#values.get(name) ?? "";
  }

  /** `kind:` and id or path. */
  object(): ObjectReference {
    const parsed = parseObjectReference(this.text("object"));
    if ("problem" in parsed) throw invalid("object", parsed.problem);
    return parsed.value;
  }

  /** The name of an artifact that somebody may choose. */
  artifact(): string {
    const name = this.text("artifact");
    const problem =
      name === DEFAULT_ARTIFACT
        ? `'${DEFAULT_ARTIFACT}' is reserved for the files that are committed with a checkpoint or version`
        : nameProblem(name);
    if (problem !== undefined) throw invalid("artifact", problem);
    return name;
  }

  /** The path of a file, decoded once: nothing in it is decoded again. */
  path(): string {
    const path = this.text("path");
    const problem = filePathProblem(path);
    if (problem !== undefined) throw invalid("path", problem);
    return path;
  }

  lease(): string {
    const id = this.text("lease");
    if (!isId(id)) throw invalid("lease", "must be the id of the lease of BeginUpload");
    return id;
  }
}
