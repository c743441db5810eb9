import { expect, test } from "bun:test";
import vectors from "../../../proto/testdata/chunking.json";
import { chunkDigests, cutBytes } from "./testing/cut-bytes.ts";
import { describedBytes } from "./testing/described-bytes.ts";

test.each(vectors)("$name", ({ segments, bytes: sizeBytes, sha256, chunks }) => {
  const bytes = describedBytes(segments);
  expect(bytes).toHaveLength(sizeBytes);
  expect(chunkDigests(bytes, [bytes.length])).toEqual([sha256]);
  const lengths = cutBytes(bytes);
  const digests = chunkDigests(bytes, lengths);
  expect(lengths.map((length, index) => ({ bytes: length, sha256: digests[index] }))).toEqual(chunks);
});
