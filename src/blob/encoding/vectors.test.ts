import { expect, test } from "bun:test";
import vectors from "../../../proto/testdata/encodings.json";
import type { ChunkEncoding } from "../../domain/entities.ts";
import { decode } from "./codec.ts";

test.each(vectors)("$name", ({ encoding, bytes, plain, base, stored }) => {
  const baseBytes = base === undefined ? undefined : bytesOf(base);
  expect(decode(encoding as ChunkEncoding, bytesOf(stored), bytes, baseBytes)).toEqual(bytesOf(plain));
});

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex);
}
