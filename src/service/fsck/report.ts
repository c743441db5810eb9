/** What can be wrong, by what it is. docs/operations.md says what each means. */
export type FindingKind =
  | "object_missing"
  | "object_size"
  | "wrong_digest"
  | "unreadable"
  | "quarantined"
  | "base_missing"
  | "base_quarantined"
  | "chain_depth"
  | "chain_cycle"
  | "wrong_form"
  | "pack_row_missing"
  | "pack_object_missing"
  | "pack_size"
  | "outside_pack"
  | "pack_overlap"
  | "chunk_missing"
  | "piece_size"
  | "file_pieces"
  | "file_missing"
  | "unknown_object"
  | "totals";

/** `found`: nothing was done, since nobody asked for repairs. */
export type Outcome = "found" | "repaired" | "quarantined" | "unrepaired";

/** Something that is wrong. */
export interface Finding {
  readonly kind: FindingKind;
  /** In words, with what was found instead. */
  readonly detail: string;
  /** Of the chunk, or "". */
  readonly sha256: string;
  /** Of the object that it is about, or "". */
  readonly objectKey: string;
  readonly sizeBytes: number;
  /** Files that can't be read because of it, ten at most: `version:langtech/lid@3 model.safetensors`. */
  readonly files: readonly string[];
  readonly outcome: Outcome;
}

/** Findings that a report lists; the others are counted. */
const MAX_LISTED = 10_000;

/** What was looked at. */
export interface Looked {
  chunks: number;
  packs: number;
  files: number;
  objects: number;
  objectBytes: number;
  /** Chunks whose bytes were read and compared with their digests. */
  readChunks: number;
  readBytes: number;
}

/** Objects that no row names and that are no finding. */
export interface Spare {
  /** So new that a running upload may be about to name them. */
  readonly fresh: { objects: number; bytes: number };
  /** Waiting to be deleted. */
  readonly doomed: { objects: number; bytes: number };
}

/** What a check has found. */
export interface Report {
  readonly looked: Readonly<Looked>;
  readonly spare: Spare;
  readonly counts: Readonly<Partial<Record<FindingKind, number>>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly findings: readonly Finding[];
  /** Findings that are counted, but not listed. */
  readonly unlisted: number;
}

/** Whether nothing is wrong, or nothing is any more. */
export function isClean({ outcomes }: Report): boolean {
  return outcomes.found + outcomes.quarantined + outcomes.unrepaired === 0;
}

/** Collects what a check finds, in bounded memory. */
export class Findings {
  readonly looked: Looked = {
    chunks: 0,
    packs: 0,
    files: 0,
    objects: 0,
    objectBytes: 0,
    readChunks: 0,
    readBytes: 0,
  };
  readonly spare: Spare = { fresh: { objects: 0, bytes: 0 }, doomed: { objects: 0, bytes: 0 } };
  readonly #counts: Partial<Record<FindingKind, number>> = {};
  readonly #outcomes: Record<Outcome, number> = { found: 0, repaired: 0, quarantined: 0, unrepaired: 0 };
  /** By what makes them one finding, however many ways lead there. */
  readonly #listed = new Map<string, Finding>();
  #unlisted = 0;

  /** Whether what is added now is listed, and worth a description. */
  get isListing(): boolean {
    return this.#listed.size < MAX_LISTED;
  }

  add(finding: Finding): void {
    const key = [finding.kind, finding.sha256 || finding.objectKey || finding.detail].join(" ");
    if (this.#listed.has(key)) return;
    this.#counts[finding.kind] = (this.#counts[finding.kind] ?? 0) + 1;
    this.#outcomes[finding.outcome] += 1;
    if (this.isListing) this.#listed.set(key, finding);
    else this.#unlisted += 1;
  }

  finish(): Report {
    return {
      looked: this.looked,
      spare: this.spare,
      counts: this.#counts,
      outcomes: this.#outcomes,
      findings: [...this.#listed.values()],
      unlisted: this.#unlisted,
    };
  }
}
