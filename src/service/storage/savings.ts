import type { ChunkSums } from "../../domain/storage-report.ts";

/** What files would take more if all their bytes were kept as they are. */
export function savings(
  fileBytes: number,
  { sizeBytes, storedBytes }: Pick<ChunkSums, "sizeBytes" | "storedBytes">,
): { readonly byReuseBytes: number; readonly byEncodingBytes: number } {
  // Files may have been deleted since chunks were counted.
  return {
    byReuseBytes: Math.max(fileBytes - sizeBytes, 0),
    byEncodingBytes: Math.max(sizeBytes - storedBytes, 0),
  };
}
