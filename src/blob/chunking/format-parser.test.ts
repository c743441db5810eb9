import { describe, expect, test } from "bun:test";
import { assert, constantFrom, array, nat, property, tuple, uint8Array } from "fast-check";
import { FormatParser } from "./format-parser.ts";
import { MAX_SAFETENSORS_HEADER_BYTES } from "./limits.ts";
import type { Mark } from "./marks.ts";
import {
  onnx,
  safetensors,
  sampleFormats,
  torchZip,
  u32,
  u64,
  join as joined,
} from "./testing/sample-files.ts";

const samples = ["a.weight", "b/data/1", "empty", "c/data/22", "d.npy"].map((name, index) => ({
  name,
  bytes: new Uint8Array(index === 2 ? 0 : 100 + 77 * index).fill(index + 1),
}));

/** The marks of a file that arrives in pieces of these lengths, and then as a whole. */
function marksOf(bytes: Uint8Array, pieces: readonly number[] = []): readonly Mark[] {
  const parser = new FormatParser();
  let offset = 0;
  let knownBytes = 0;
  let knownMarks = 0;
  for (const length of [...pieces, bytes.length]) {
    const piece = bytes.slice(offset, offset + length);
    parser.feed(piece);
    // The parser must have taken what it needs of the piece.
    piece.fill(0xee);
    offset += piece.length;
    expect(parser.knownBytes).toBeGreaterThanOrEqual(knownBytes);
    // What was known stays as it was.
    for (const { offset: found } of parser.found.slice(knownMarks))
      expect(found).toBeGreaterThanOrEqual(knownBytes);
    knownBytes = parser.knownBytes;
    knownMarks = parser.found.filter((mark) => mark.offset < knownBytes).length;
  }
  parser.end();
  const { found } = parser;
  for (const [index, mark] of found.entries()) {
    if (index > 0) expect(mark.offset).toBeGreaterThan(found[index - 1]?.offset ?? 0);
  }
  return found;
}

/** The parts that are tensors or entries of a zip. */
function contentOf(bytes: Uint8Array): readonly Uint8Array[] {
  const marks = marksOf(bytes);
  return marks.flatMap((mark, index) =>
    mark.cut === "fixed" || mark.standsAlone ? [bytes.subarray(mark.offset, marks[index + 1]?.offset)] : [],
  );
}

describe.each(sampleFormats)("%s", (_, make) => {
  const file = make(samples);

  test("a part begins with the bytes of each tensor that has some", () => {
    const parts = contentOf(file);
    const filled = samples.filter(({ bytes }) => bytes.length > 0);
    expect(parts).toHaveLength(filled.length);
    for (const [index, { bytes }] of filled.entries())
      expect(Buffer.from(parts[index]!.subarray(0, bytes.length)).equals(bytes)).toBe(true);
  });

  test("it does not matter in which pieces a file arrives", () => {
    const whole = marksOf(file);
    const pieces = array(nat(200), { maxLength: 60 });
    assert(property(pieces, (lengths) => expect(marksOf(file, lengths)).toEqual(whole)));
    expect(
      marksOf(
        file,
        Array.from(file, () => 1),
      ),
    ).toEqual(whole);
  });

  test("a file that is cut short or has wrong bytes is understood as far as it goes", () => {
    const changes = array(tuple(nat(file.length - 1), constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
      maxLength: 4,
    });
    const pieces = array(nat(300), { maxLength: 20 });
    assert(
      property(changes, nat(file.length), pieces, (bytes, length, lengths) => {
        const wrong = file.slice(0, length);
        for (const [offset, byte] of bytes) if (offset < length) wrong[offset] = byte;
        expect(marksOf(wrong, lengths)).toEqual(marksOf(wrong));
      }),
      { numRuns: 1_000 },
    );
  });
});

test("any bytes at all are understood somehow", () => {
  const heads = constantFrom(
    ...sampleFormats.map(([, make]) => make(samples).slice(0, 12)),
    new Uint8Array(0),
  );
  const rest = uint8Array({ maxLength: 400 });
  assert(
    property(heads, rest, array(nat(50)), (head, tail, lengths) => {
      const bytes = joined([head, tail]);
      expect(marksOf(bytes, lengths)).toEqual(marksOf(bytes));
    }),
    { numRuns: 2_000 },
  );
});

describe("a file whose header says what can't be is one part", () => {
  const header = (value: unknown) => {
    const text = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    return joined([u64(text.length), text, new Uint8Array(64)]);
  };
  const tensor = (...places: unknown[]) =>
    Object.fromEntries(places.map((place, index) => [`t${index}`, { data_offsets: place }]));
  test.each([
    ["no JSON", header('{"a": ')],
    ["no UTF-8", joined([u64(3), Uint8Array.of(0x7b, 0xff, 0x7d)])],
    ["a hole", header(tensor([0, 8], [16, 24]))],
    ["a hole at the beginning", header(tensor([8, 16]))],
    ["an overlap", header(tensor([0, 8], [4, 12]))],
    ["no place", header({ t: { shape: [1] } })],
    ["a place backwards", header(tensor([8, 0]))],
    ["a fraction", header(tensor([0, 7.5]))],
    ["a number that is none", header(tensor([0, 1e300]))],
    ["a text for a number", header(tensor([0, "8"]))],
    ["three numbers", header(tensor([0, 8, 9]))],
    ["arrays in arrays without end", header(`{"a":${"[".repeat(200_000)}`)],
    ["a header that is too long", joined([u64(MAX_SAFETENSORS_HEADER_BYTES + 1), Buffer.from("{}")])],
    ["an unknown version", joined([Buffer.from("GGUF"), u32(1), u64(1), u64(0), new Uint8Array(64)])],
    ["more tensors than are taken", joined([Buffer.from("GGUF"), u32(3), u64(2 ** 40), u64(0)])],
    [
      "more strings than are taken",
      joined([
        joined([Buffer.from("GGUF"), u32(3), u64(1), u64(1), u64(1)]),
        Buffer.from("k"),
        u32(9),
        u32(8),
        u64(2 ** 45),
      ]),
    ],
    ["no field", Uint8Array.of(8, 9, 0x3a, 2, 0, 0, 0, 0, 0)],
    ["a field that is longer than the graph", Uint8Array.of(8, 9, 0x3a, 4, 0x2a, 100, 0x4a, 98, 1, 2, 3)],
    ["a number that does not end", new Uint8Array(20).fill(0xff).fill(8, 0, 2).fill(0x12, 2, 3)],
  ])("%s", (_, bytes) => {
    expect(marksOf(bytes)).toHaveLength(1);
  });
});

test("what looks like a header inside of an entry of a zip is none", () => {
  const inner = torchZip(samples);
  const bytes = torchZip([{ name: "x/data/0", bytes: inner }]);
  const parts = contentOf(bytes);
  expect(parts).toHaveLength(1);
  expect(Buffer.from(parts[0]!).equals(inner)).toBe(true);
});

test("the root folder of a zip, which torch.save calls after the file, plays no part", () => {
  const [first, second] = ["step-1", "epoch"].map((root) =>
    marksOf(torchZip([{ name: `${root}/data/0`, bytes: new Uint8Array(10) }])),
  );
  expect(first?.[1]?.hash).toBe(second?.[1]?.hash);
});

test("safetensors without tensors, and tensors in any order", () => {
  expect(marksOf(safetensors([]))).toHaveLength(1);
  const text = '{"b":{"data_offsets":[4,6]},"a":{"data_offsets":[0,4]}}';
  const marks = marksOf(joined([u64(text.length), Buffer.from(text), new Uint8Array(6)]));
  expect(marks.map(({ offset }) => offset)).toEqual([0, 8 + text.length, 12 + text.length, 14 + text.length]);
});

test("ONNX: what is no initializer ends the last tensor", () => {
  const bytes = onnx([{ name: "w", bytes: new Uint8Array(50) }]);
  const marks = marksOf(bytes);
  expect(marks.map(({ cut }) => cut)).toEqual(["content", "fixed", "content"]);
  expect(marks[2]!.offset - marks[1]!.offset).toBe(50);
});
