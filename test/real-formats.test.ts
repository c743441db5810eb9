import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FormatParser } from "../src/blob/chunking/format-parser.ts";
import { pythonWithFormats } from "./support/python.ts";
import { temporaryFolder } from "./support/server.ts";
import { chunkDigests, cutBytes, sha256 } from "./support/upload.ts";

const setUpLimitMs = 300_000;
/** Bytes of the tensors, by the script. */
const SIZES = [9_600_000, 5_760_000, 4_800, 1_960_000, 2_800, 44_800];
const MIB = 1024 * 1024;

const python = pythonWithFormats();
let folder: ReturnType<typeof temporaryFolder>;
let digests: readonly string[];

beforeAll(() => {
  folder = temporaryFolder();
  if (!("python" in python)) throw new Error(python.missing);
  const script = join(import.meta.dir, "write-models.py");
  const { exitCode, stdout, stderr } = Bun.spawnSync([python.python, script, folder.path], {
    stdin: "ignore",
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  digests = Object.values(JSON.parse(stdout.toString()) as Record<string, string>);
}, setUpLimitMs);
afterAll(() => folder[Symbol.dispose]());

describe.each(["safetensors", "gguf", "onnx", "npz"])("%s", (ending) => {
  const read = (name: string) => new Uint8Array(readFileSync(join(folder.path, `${name}.${ending}`)));

  test("a part begins with each tensor that its library wrote", () => {
    const bytes = read("first");
    const starts = partStarts(bytes);
    for (const [index, digest] of digests.entries()) {
      const size = SIZES[index] ?? 0;
      // An array of NumPy has a header of 128 bytes in its entry.
      const skipped = ending === "npz" ? 128 : 0;
      const found = starts.filter(
        (start) => sha256(bytes.subarray(start + skipped, start + skipped + size)) === digest,
      );
      expect({ digest, found: found.length }).toEqual({ digest, found: 1 });
    }
  });

  test("what did not change is found again when a tensor comes before it and another changes", () => {
    const known = new Set(chunkDigests(read("first")));
    const bytes = read("second");
    const lengths = cutBytes(bytes);
    const again = chunkDigests(bytes, lengths).map((digest, index) =>
      known.has(digest) ? lengths[index] : 0,
    );
    expect(again.reduce((sum = 0, length = 0) => sum + length, 0)).toBeGreaterThanOrEqual(10 * MIB);
  });
});

describe("files that were made once: see fixtures/README.md", () => {
  const read = (name: string) =>
    new Uint8Array(readFileSync(join(import.meta.dir, `../src/blob/chunking/testing/fixtures/${name}`)));

  test.each([
    ["state.pt", ["data.pkl", "data/0", "data/2", "version"]],
    ["model.keras", ["metadata.json", "config.json", "model.weights.h5"]],
  ])("%s has a part for the bytes of each entry that has some", (name, entries) => {
    const bytes = read(name);
    const alone = new FormatParser();
    alone.feed(bytes);
    const parts = alone.found.filter(({ standsAlone }) => standsAlone);
    expect(parts).toHaveLength(entries.length);
    for (const [index, entry] of entries.entries()) {
      const { offset = 0, cut } = parts[index] ?? {};
      const header = Buffer.from(bytes.subarray(0, offset));
      const begin = header.lastIndexOf("PK\u0003\u0004");
      expect(header.subarray(begin).includes(entry)).toBe(true);
      expect(cut).toBe(entry.startsWith("data/") ? "fixed" : "content");
      expect(offset - begin).toBe(30 + header.readUInt16LE(begin + 26) + header.readUInt16LE(begin + 28));
    }
  });
});

function partStarts(bytes: Uint8Array): readonly number[] {
  const parser = new FormatParser();
  parser.feed(bytes);
  return parser.found.map(({ offset }) => offset);
}
