/** Writes proto/testdata/chunking.json anew: only after the specification has changed on purpose. */
import { join } from "node:path";
import { chunkDigests, cutBytes } from "../src/blob/chunking/testing/cut-bytes.ts";
import { describedBytes, type Segment } from "../src/blob/chunking/testing/described-bytes.ts";
import {
  gguf,
  onnx,
  safetensors,
  torchZip,
  type SampleFile,
} from "../src/blob/chunking/testing/sample-files.ts";

const MIB = 1024 * 1024;

/** Tensors by name: how many bytes each has. */
type Sizes = Readonly<Record<string, number>>;

const MODEL: Sizes = {
  "embedding.weight": 9 * MIB + 12,
  "block.0.weight": 700_000,
  "block.0.bias": 3_000,
  "block.1.weight": 700_000,
  "block.1.bias": 3_000,
  "block.2.weight": 5 * MIB - 4,
  "block.2.bias": 3_000,
  ...Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`tail.${index}.weight`, 1_200_000 + 4 * index]),
  ),
};

const STORAGES: Sizes = {
  "step-10/data.pkl": 900,
  "step-10/data/0": 5 * MIB + 40,
  "step-10/data/1": 4_096,
  "step-10/data/2": MIB,
  "step-10/data/3": MIB - 1,
  "step-10/data/4": 0,
  "step-10/archive.bin": 9 * MIB,
  "step-10/version": 2,
};

/** A file as a library would write it. The bytes of its tensors are described in their places. */
function model(make: SampleFile, sizes: Sizes): readonly Segment[] {
  const tensors = Object.entries(sizes).map(([name, bytes], index) => {
    const segment: Segment = { xorshift32: index + 1, bytes };
    return { name, segment, bytes: describedBytes([segment]) };
  });
  const file = Buffer.from(make(tensors));
  const segments: Segment[] = [];
  let offset = 0;
  for (const { segment, bytes } of tensors) {
    if (bytes.length === 0) continue;
    const begin = file.indexOf(bytes.subarray(0, 64), offset);
    segments.push({ hex: file.toString("hex", offset, begin) }, segment);
    offset = begin + bytes.length;
  }
  segments.push({ hex: file.toString("hex", offset) });
  return segments;
}

const WITH_HOLE = '{"a":{"data_offsets":[0,6000000]},"b":{"data_offsets":[6000001,7000000]}}';

const inputs: Readonly<Record<string, readonly Segment[]>> = {
  "no bytes": [],
  "one byte": [{ hex: "00" }],
  "plain bytes below the target": [{ xorshift32: 1, bytes: 4 * MIB - 1 }],
  "plain bytes": [{ xorshift32: 2, bytes: 24 * MIB }],
  "plain bytes with an insertion": [
    { xorshift32: 2, bytes: 6 * MIB },
    { text: "inserted" },
    { xorshift32: 3, bytes: 10 * MIB },
  ],
  "bytes that repeat": [{ repeat: "00", bytes: 17 * MIB + 5 }],
  safetensors: model(safetensors, MODEL),
  "safetensors with a hole": [
    { hex: `${WITH_HOLE.length.toString(16)}00000000000000` },
    { text: WITH_HOLE },
    { xorshift32: 4, bytes: 12 * MIB },
  ],
  GGUF: model(gguf, MODEL),
  ONNX: model(onnx, MODEL),
  "ONNX that ends early": [...model(onnx, MODEL).slice(0, 3), { xorshift32: 9, bytes: 1_000 }],
  "zip of PyTorch": model(torchZip, STORAGES),
  "zip of PyTorch with wrong bytes after an entry": [
    ...model(torchZip, STORAGES).slice(0, 4),
    { xorshift32: 7, bytes: 9 * MIB },
  ],
};

const vectors = Object.entries(inputs).map(([name, segments]) => {
  const bytes = describedBytes(segments);
  const lengths = cutBytes(bytes);
  const digests = chunkDigests(bytes, lengths);
  const [sha256] = chunkDigests(bytes, [bytes.length]);
  const chunks = lengths.map((length, index) => ({ bytes: length, sha256: digests[index] }));
  return { name, segments, bytes: bytes.length, sha256, chunks };
});
await Bun.write(
  join(import.meta.dir, "../proto/testdata/chunking.json"),
  `${JSON.stringify(vectors, undefined, 2)}\n`,
);
