import type { ChunkCutter, CutterSource } from "./chunk-cutter.ts";
import { fixedCutter } from "./fixed-cutter.ts";

/** The cutter for a file. The one place that knows which formats have one of their own: none has yet. */
export async function chooseCutter(_source: CutterSource): Promise<ChunkCutter> {
  return fixedCutter();
}
