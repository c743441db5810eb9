import { describe, expect, test } from "bun:test";
import { array, assert, constantFrom, integer, nat, property, record, tuple } from "fast-check";
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { MAX_WINDOW_BYTES } from "./limits.ts";
import { chunkDigests, cutBytes } from "./testing/cut-bytes.ts";
import { xorshift32 } from "./testing/described-bytes.ts";
import { join, sampleFormats, torchZip, type Sample } from "./testing/sample-files.ts";

const MIB = 1024 * 1024;
const testLimitMs = 120_000;

/** Tensors of a model: sizes with some small ones among large ones, and bytes that follow from their names. */
const sizes = array(
  constantFrom(0, 1, 64, 3_000, 70_000, 600_000, MIB - 1, MIB, 2 * MIB + 4, 4 * MIB, 5 * MIB - 1, 9 * MIB),
  { minLength: 1, maxLength: 8 },
);

function tensor(name: string, bytes: number, seed = 1): Sample {
  return { name: `model/data/${name}`, bytes: xorshift32(seed + Number(Bun.hash.crc32(name)), bytes) };
}

function tensors(lengths: readonly number[]): readonly Sample[] {
  return lengths.map((bytes, index) => tensor(String(index), bytes));
}

/** Bytes of the chunks of a file that none of the others has. */
function newBytes(bytes: Uint8Array, ...others: readonly Uint8Array[]): number {
  const known = new Set(others.flatMap((other) => chunkDigests(other)));
  const lengths = cutBytes(bytes);
  return chunkDigests(bytes, lengths).reduce(
    (sum, digest, index) => (known.has(digest) ? sum : sum + (lengths[index] ?? 0)),
    0,
  );
}

describe.each([
  ...sampleFormats,
  ["plain bytes", (samples: readonly Sample[]) => join(samples.map(({ bytes }) => bytes))] as const,
])("%s", (format, make) => {
  test(
    "chunks are the file, within the limits, and the same however much of it is known",
    () => {
      assert(
        property(sizes, integer({ min: 1, max: 2 * MIB }), (lengths, step) => {
          const bytes = make(tensors(lengths));
          const chunks = cutBytes(bytes);
          expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(bytes.length);
          expect(Math.max(...chunks)).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
          if (format !== "PyTorch zip") {
            for (const length of chunks.slice(1, -1)) expect(length).toBeGreaterThanOrEqual(MIN_CHUNK_BYTES);
          }
          expect(cutBytes(bytes, () => MAX_WINDOW_BYTES)).toEqual(chunks);
          expect(cutBytes(bytes, ({ windowBytes }) => windowBytes + step)).toEqual(chunks);
        }),
        { numRuns: 6 },
      );
    },
    testLimitMs,
  );
});

describe.each(sampleFormats)("%s", (_, make) => {
  test(
    "a tensor that changes takes the chunks near it with it, and no others",
    () => {
      assert(
        property(sizes, nat(), (lengths, which) => {
          const before = tensors(lengths);
          const index = which % before.length;
          const changed = tensor(String(index), lengths[index] ?? 0, 7);
          const after = before.with(index, changed);
          expect(newBytes(make(after), make(before))).toBeLessThanOrEqual(
            changed.bytes.length + 2 * MAX_CHUNK_BYTES,
          );
        }),
        { numRuns: 6 },
      );
    },
    testLimitMs,
  );

  test("big tensors are found again when others come, go or grow, and when the file is called another name", () => {
    const big = [9, 6, 5, 11].map((size, index) => tensor(`big${index}`, size * MIB + 100));
    const small = [1, 2, 3].map((index) => tensor(`small${index}`, 40_000 * index));
    const before = [big[0]!, small[0]!, big[1]!, small[1]!, big[2]!, small[2]!, big[3]!];
    const after = [
      small[1]!,
      tensor("more", 3 * MIB),
      big[3]!,
      small[0]!,
      big[0]!,
      tensor("other", 90_000),
      big[2]!,
    ];
    const kept = 9 * MIB + 5 * MIB + 11 * MIB;
    const bytes = make(after);
    expect(newBytes(bytes, make(before))).toBeLessThanOrEqual(
      bytes.length - kept + 3 * (TARGET_CHUNK_BYTES + MIN_CHUNK_BYTES),
    );
  });

  test(
    "headers with wrong bytes and files that end early are cut like any bytes",
    () => {
      const bytes = make([
        tensor("1", 9 * MIB),
        tensor("2", 200_000),
        tensor("3", 3 * MIB),
        tensor("4", 5 * MIB),
      ]);
      const places = tuple(nat(600), nat(255));
      const changes = array(places, { minLength: 0, maxLength: 5 });
      assert(
        property(changes, nat(bytes.length), (wrong, length) => {
          const file = bytes.slice(0, length);
          for (const [offset, byte] of wrong) if (offset < length) file[offset] = byte;
          const chunks = cutBytes(file);
          expect(chunks.reduce((sum, chunk) => sum + chunk, 0)).toBe(length);
          expect(cutBytes(file, () => MAX_WINDOW_BYTES)).toEqual(chunks);
        }),
        { numRuns: 15 },
      );
    },
    testLimitMs,
  );
});

test("a torn archive has the same chunks however much of it is known, up to a last one of any length", () => {
  const archive = torchZip([tensor("1", 9 * MIB)]);
  for (const kept of [8_419_649, 8_419_650, 9 * MIB]) {
    const file = archive.slice(0, kept);
    // The entry has no size now, so that its bytes are those of no format.
    file[6] = 0;
    const chunks = cutBytes(file);
    expect(chunks.reduce((sum, chunk) => sum + chunk, 0)).toBe(kept);
    expect(cutBytes(file, () => MAX_WINDOW_BYTES)).toEqual(chunks);
  }
});

test("a file that ends before its header says so is cut to its end", () => {
  const gguf = sampleFormats.find(([name]) => name === "GGUF")?.[1];
  if (gguf === undefined) throw new Error("no GGUF");
  const whole = gguf([tensor("0", 5 * MIB)]);
  for (let wrong = 24; wrong < 200; wrong += 1) {
    const file = whole.slice();
    file[wrong] = 1;
    expect(cutBytes(file).reduce((sum, chunk) => sum + chunk, 0)).toBe(file.length);
  }
});

test(
  "where bytes of no format change, come or go, only the chunks near them are new",
  () => {
    const before = xorshift32(99, 32 * MIB);
    const change = record({ offset: nat(before.length), removed: nat(2 * MIB), added: nat(2 * MIB) });
    assert(
      property(change, ({ offset, removed, added }) => {
        const after = join([
          before.subarray(0, offset),
          xorshift32(5, added),
          before.subarray(offset + removed),
        ]);
        expect(newBytes(after, before)).toBeLessThanOrEqual(added + 3 * MAX_CHUNK_BYTES);
      }),
      // How soon the cuts meet again is a matter of chance.
      { numRuns: 6, seed: 4 },
    );
  },
  testLimitMs,
);

test("bytes that repeat are cut at the largest length, and a file below the target is one chunk", () => {
  expect(cutBytes(new Uint8Array(18 * MIB))).toEqual([8 * MIB, 8 * MIB, 2 * MIB]);
  expect(cutBytes(xorshift32(3, TARGET_CHUNK_BYTES - 1))).toEqual([TARGET_CHUNK_BYTES - 1]);
  expect(cutBytes(new Uint8Array(1))).toEqual([1]);
});

test("the entries of a torch zip share no chunk with what is between them when they are large", () => {
  const make = (root: string, biasSeed: number) =>
    torchZip([
      { name: `${root}/data.pkl`, bytes: xorshift32(1, 500) },
      { name: `${root}/data/0`, bytes: xorshift32(2, 9 * MIB) },
      { name: `${root}/data/1`, bytes: xorshift32(biasSeed, 3_000) },
      { name: `${root}/data/2`, bytes: xorshift32(4, 2 * MIB) },
    ]);
  const after = make("step-10", 5);
  expect(newBytes(after, make("step-9", 3))).toBe(after.length - 11 * MIB);
});
