import { createCipheriv, randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { run } from "./processes.ts";

const pieceBytes = 8 * 1024 * 1024;

/**
 * Writes bytes that no program can compress or has seen before, and flushes them; they stay in the page cache. AES over
 * zeros, since the system's generator would take longer than what is measured.
 */
export async function writeRandomFile(path: string, sizeBytes: number): Promise<void> {
  const cipher = createCipheriv("aes-128-ctr", randomBytes(16), randomBytes(16));
  const zeros = new Uint8Array(pieceBytes);
  await using file = await open(path, "w");
  for (let left = sizeBytes; left > 0; left -= pieceBytes)
    await file.write(cipher.update(zeros.subarray(0, Math.min(left, pieceBytes))));
  await file.sync();
}

/** Fails unless both files have the same bytes. */
export async function assertSameBytes(expected: string, actual: string): Promise<void> {
  await run(["cmp", expected, actual]);
}

/** Removes a folder or file, and settles the file system that it was in. */
export async function clear(path: string, fileSystemOf: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await settle(fileSystemOf);
}

/** Writes back what is dirty in the file system of the folder, so that what is measured next pays only for itself. */
export async function settle(folder: string): Promise<void> {
  await run(["sync", "-f", folder]);
}

/** Lower-case hexadecimal SHA-256 of a file. */
export async function sha256(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const part of Bun.file(path).stream()) hash.update(part);
  return hash.digest("hex");
}
