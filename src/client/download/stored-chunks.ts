import { DEFAULT_CHUNK_PAGE_SIZE, IMMEDIATE_VERIFY_BYTES, MAX_CHUNK_BYTES } from "../../domain/limits.ts";
import { isDigest } from "../../domain/ids.ts";
import { CorruptDataError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import type { WantedFile } from "./wanted-files.ts";

/** A part of a stored file that can be checked by itself. */
export interface StoredChunk {
  readonly sha256: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** XXH3 (64 bits, seed 0), when the server knows it. */
  readonly xxh3?: bigint;
}

/** The chunks of a file in order, page by page. A small file with a verified digest is one chunk, and nobody is asked. */
export async function* storedChunks(
  client: ModelBoxClient,
  file: WantedFile,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredChunk[], void, undefined> {
  if (file.sizeBytes === 0) return;
  if (file.sha256 !== "" && file.sizeBytes <= IMMEDIATE_VERIFY_BYTES) {
    yield [{ sha256: file.sha256, offsetBytes: 0, sizeBytes: file.sizeBytes }];
    return;
  }
  let offsetBytes = 0;
  let pageToken = "";
  do {
    const page = await client.artifacts.listFileChunks(
      { file: file.id, pageSize: DEFAULT_CHUNK_PAGE_SIZE, pageToken },
      { signal },
    );
    if (Number(page.offsetBytes) !== offsetBytes || page.chunks.length === 0) throw contradiction(file);
    const chunks: StoredChunk[] = [];
    for (const [index, { sha256, sizeBytes }] of page.chunks.entries()) {
      const size = Number(sizeBytes);
      if (!isDigest(sha256) || size < 1 || size > MAX_CHUNK_BYTES) throw contradiction(file);
      const xxh3 = page.xxh3[index] ?? 0n;
      chunks.push({ sha256, offsetBytes, sizeBytes: size, ...(xxh3 !== 0n && { xxh3 }) });
      offsetBytes += size;
    }
    if (offsetBytes > file.sizeBytes) throw contradiction(file);
    yield chunks;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  if (offsetBytes !== file.sizeBytes) throw contradiction(file);
}

function contradiction(file: WantedFile): CorruptDataError {
  return new CorruptDataError(
    `The server's list of the chunks of ${file.path} does not add up to its ${file.sizeBytes} bytes; ` +
      "ask whoever runs the server to check its storage.",
  );
}
