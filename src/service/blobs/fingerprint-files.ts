/** A file to commit; the edge has checked its texts and numbers. */
export interface FileInput {
  readonly path: string;
  readonly sizeBytes: number;
  /** Digest of the whole file, or "" when the caller does not know it. */
  readonly sha256: string;
  /** True only where this process has taken the digest from the bytes itself. */
  readonly isVerified?: boolean;
  readonly chunks: readonly { readonly digest: string; readonly sizeBytes: number }[];
}

/** SHA-256 (hex) over paths, sizes and chunks: equal for equal sets, whatever the order of the files. */
export function fingerprintFiles(files: readonly FileInput[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const { path, sizeBytes, chunks } of files.toSorted(byPath)) {
    hasher.update(`${JSON.stringify([path, sizeBytes, chunks.length])}\n`);
    for (const chunk of chunks) hasher.update(`${chunk.digest} ${chunk.sizeBytes}\n`);
  }
  return hasher.digest("hex");
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
