import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import type { ChunkCutter } from "./chunk-cutter.ts";

/** Chunks of one size; only the last of a file is smaller. */
export function fixedCutter(sizeBytes: number = TARGET_CHUNK_BYTES): ChunkCutter {
  return { windowBytes: sizeBytes, nextLength: (window) => Math.min(window.length, sizeBytes) };
}
