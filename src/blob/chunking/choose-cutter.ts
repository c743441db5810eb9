import type { ChunkCutter } from "./chunk-cutter.ts";
import { FormatCutter } from "./format-cutter.ts";

/** The cutter for a file. Whoever stores files uses it, so that one file has the same chunks wherever it comes from. */
export function chooseCutter(): ChunkCutter {
  return new FormatCutter();
}
