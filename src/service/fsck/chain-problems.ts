import type { Chunk } from "../../domain/entities.ts";
import { MAX_CHAIN_DEPTH } from "../../domain/limits.ts";
import type { MetadataReader, MetadataStore } from "../../domain/metadata-store.ts";
import type { Problem } from "./check-chunks.ts";

/**
 * What is wrong with the bases of chunks, by digest. Each base must be there, and have a smaller depth: so there is no way
 * round, and an end.
 */
export async function chainProblems(
  metadata: MetadataStore,
  chunks: readonly Chunk[],
): Promise<ReadonlyMap<string, Problem>> {
  const problems = new Map<string, Problem>();
  const based = chunks.filter(({ state }) => state !== "quarantined");
  const wanted = based.flatMap(({ baseDigest }) => (baseDigest === "" ? [] : [baseDigest]));
  if (wanted.length === 0) {
    for (const chunk of based) note(chunk, undefined);
    return problems;
  }
  await metadata.read(async (tx) => {
    problems.clear();
    const bases = new Map((await tx.chunks.getMany(wanted)).map((base) => [base.digest, base]));
    for (const chunk of based) {
      const isWrong = note(chunk, bases.get(chunk.baseDigest));
      if (isWrong && (await isCircle(tx, chunk)))
        problems.set(chunk.digest, { kind: "chain_cycle", detail: "its bases lead back to itself" });
    }
  });
  return problems;

  /** Whether the depth is wrong. */
  function note({ digest, baseDigest, chainDepth }: Chunk, base: Chunk | undefined): boolean {
    const add = (kind: Problem["kind"], detail: string): void => void problems.set(digest, { kind, detail });
    if (baseDigest === "") {
      if (chainDepth !== 0)
        add("chain_depth", `its row says that it has ${chainDepth} bases, and names none`);
      return false;
    }
    if (base === undefined) add("base_missing", `its base ${baseDigest} has no row`);
    else if (base.state === "quarantined") add("base_quarantined", `its base ${baseDigest} is quarantined`);
    else if (chainDepth <= base.chainDepth || chainDepth > MAX_CHAIN_DEPTH) {
      add(
        "chain_depth",
        `its depth is ${chainDepth}, and that of its base ${baseDigest} is ${base.chainDepth}`,
      );
      return true;
    }
    return false;
  }
}

async function isCircle(tx: MetadataReader, chunk: Chunk): Promise<boolean> {
  let next = chunk.baseDigest;
  for (let step = 0; step <= MAX_CHAIN_DEPTH && next !== ""; step += 1) {
    if (next === chunk.digest) return true;
    next = (await tx.chunks.getMany([next]))[0]?.baseDigest ?? "";
  }
  return false;
}
