import { createCipheriv, randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./processes.ts";

const pieceBytes = 8 * 1024 * 1024;
const warmPieceBytes = 512 * 1024;

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

/**
 * Has the system take hold of memory, and give it back to itself: a virtual machine hands memory that is free for some
 * seconds to its host, and files that are written into pages that come from there cost up to eight times as much.
 */
export async function warmMemory(folder: string, sizeBytes: number): Promise<void> {
  const path = join(folder, "warm");
  await using file = await open(path, "w");
  const zeros = new Uint8Array(warmPieceBytes);
  for (let left = sizeBytes; left > 0; left -= warmPieceBytes) await file.write(zeros);
  await rm(path);
}

/** Lower-case hexadecimal SHA-256 of a file. */
export async function sha256(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const part of Bun.file(path).stream()) hash.update(part);
  return hash.digest("hex");
}
