import { expect, test } from "bun:test";
import type { FileChunk } from "../../domain/entities.ts";
import { pairChunks } from "./pair-chunks.ts";

/** Chunks of these sizes; their digests say which file and place they are of. */
function chunks(name: string, ...sizes: readonly number[]): readonly FileChunk[] {
  let offsetBytes = 0;
  return sizes.map((sizeBytes, index) => {
    const chunk = { digest: `${name}${index}`, offsetBytes, sizeBytes };
    offsetBytes += sizeBytes;
    return chunk;
  });
}

test.each([
  ["the same layout", chunks("n", 5, 7, 9), chunks("o", 5, 7, 9), ["o0", "o1", "o2"]],
  ["nothing before", chunks("n", 5, 7), [], ["", ""]],
  ["a header of another length", chunks("n", 6, 7, 9), chunks("o", 5, 7, 9), ["o0", "o1", "o2"]],
  [
    "a chunk that was added: the one at its offset will do",
    chunks("n", 5, 7, 8, 9),
    chunks("o", 5, 7, 9),
    ["o0", "o1", "o2", "o2"],
  ],
  ["a chunk that was removed", chunks("n", 5, 9), chunks("o", 5, 7, 9), ["o0", "o2"]],
] as const)("%s", (_name, newer, older, expected) => {
  const pairs = pairChunks(newer, older);
  expect(pairs.map(({ chunk }) => chunk)).toEqual([...newer]);
  expect(pairs.map(({ earlier }) => earlier?.digest ?? "")).toEqual([...expected]);
});
