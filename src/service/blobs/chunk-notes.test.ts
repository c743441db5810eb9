import { expect, test } from "bun:test";
import fc from "fast-check";
import { someBytes } from "../../../test/support/blobs.ts";
import { ChunkNotes } from "./chunk-notes.ts";
import { MAX_NOTES } from "./flow-limits.ts";

test("a checksum is the same for all ways to cut the bytes", () => {
  const notes = new ChunkNotes();
  const bytes = someBytes(400_000);
  const whole = notes.checksum();
  whole.add(bytes);
  const expected = whole.finish();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 12 }), (lengths) => {
      const checksum = notes.checksum();
      let next = 0;
      for (const length of lengths) {
        checksum.add(bytes.subarray(next, next + length));
        next = Math.min(next + length, bytes.byteLength);
      }
      checksum.add(bytes.subarray(next));
      return checksum.finish() === expected;
    }),
    { numRuns: 200 },
  );
});

test("any changed bit changes it, and so does another length or another process", () => {
  const notes = new ChunkNotes();
  const sum = (bytes: Uint8Array, from = notes): bigint => {
    const checksum = from.checksum();
    checksum.add(bytes);
    return checksum.finish();
  };
  const bytes = someBytes(200_000);
  const right = sum(bytes);
  for (let index = 0; index < 200; index += 1) {
    const changed = bytes.slice();
    const place = (index * 7_919) % bytes.byteLength;
    changed[place] = changed[place]! ^ (1 << (index % 8));
    expect(sum(changed)).not.toBe(right);
  }
  expect(sum(bytes.subarray(1))).not.toBe(right);
  expect(sum(new Uint8Array([...bytes, 0]))).not.toBe(right);
  expect(sum(bytes, new ChunkNotes())).not.toBe(right);
});

test("forgets what was used longest ago", () => {
  const notes = new ChunkNotes();
  for (let index = 0; index < MAX_NOTES; index += 1) notes.set(`k${index}`, 1n);
  expect(notes.get("k0")).toBe(1n);
  notes.set("one more", 1n);
  expect(notes.get("k1")).toBeUndefined();
  expect(notes.get("k0")).toBe(1n);
  expect(notes.get("k2")).toBe(1n);
});
