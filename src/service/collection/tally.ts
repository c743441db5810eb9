import type { Chunk } from "../../domain/entities.ts";
import type { Sum } from "../../domain/background-work.ts";

export const NOTHING: Sum = { count: 0, bytes: 0 };

export function plus(sum: Sum, other: Sum): Sum {
  return { count: sum.count + other.count, bytes: sum.bytes + other.bytes };
}

/** Chunks and their stored bytes, in all and by the namespace that they were first uploaded into. */
export class Tally {
  total = NOTHING;
  readonly byNamespace = new Map<string, Sum>();

  add(chunks: readonly Chunk[]): void {
    for (const { namespaceId, storedBytes: bytes } of chunks) {
      const one = { count: 1, bytes };
      this.total = plus(this.total, one);
      this.byNamespace.set(namespaceId, plus(this.byNamespace.get(namespaceId) ?? NOTHING, one));
    }
  }
}
