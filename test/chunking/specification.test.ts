import { expect, test } from "bun:test";
import { join } from "node:path";
import { readFileSync, rmSync } from "node:fs";
import { FormatCutter } from "../../src/blob/chunking/format-cutter.ts";
import { pythonWithFormats } from "../support/python.ts";
import { temporaryFolder } from "../support/server.ts";

const long = process.env["MODELBOX_LONG_TESTS"] === "1";
const rounds = long ? 100 : 4;
const FILES_PER_ROUND = 20;
const LIMIT_MS = 30 * 60_000;

const environment = pythonWithFormats();
const python = "python" in environment ? environment.python : "";

test.skipIf(python === "")(
  "a second implementation, made from the specification alone, cuts random files at the same places",
  () => {
    using folder = temporaryFolder();
    const differences: string[] = [];
    for (let first = 1; first <= rounds * FILES_PER_ROUND; first += FILES_PER_ROUND) {
      const program = join(import.meta.dir, "random_files.py");
      const command = [python, "-B", program, folder.path, String(first), String(FILES_PER_ROUND)];
      const { exitCode, stderr } = Bun.spawnSync(command, { stdin: "ignore" });
      expect([exitCode, stderr.toString()]).toEqual([0, ""]);
      for (let seed = first; seed < first + FILES_PER_ROUND; seed += 1) {
        const path = join(folder.path, String(seed));
        const lengths = chunkLengths(readFileSync(path));
        const expected: unknown = JSON.parse(readFileSync(`${path}.json`, "utf8"));
        if (!Bun.deepEquals(lengths, expected))
          differences.push(`seed ${seed}: ${JSON.stringify({ lengths, expected })}`);
        rmSync(path);
      }
    }
    expect(differences).toEqual([]);
  },
  LIMIT_MS,
);

function chunkLengths(file: Uint8Array): readonly number[] {
  const cutter = new FormatCutter();
  const lengths: number[] = [];
  for (let at = 0; at < file.length;) {
    const length = cutter.nextLength(file.subarray(at, at + cutter.windowBytes));
    if (length === undefined) continue;
    lengths.push(length);
    at += length;
  }
  return lengths;
}
