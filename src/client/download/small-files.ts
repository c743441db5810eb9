import { closeSync, constants, lstatSync, openSync, renameSync, writeSync } from "node:fs";
import { isWorthAnotherTry } from "../blob-error.ts";
import { readFiles } from "../blob-requests.ts";
import { CorruptDataError } from "../errors.ts";
import type { HttpClient } from "../http-client.ts";
import { withRetry } from "../retry.ts";
import type { BlobAddresses } from "../transfer/blob-addresses.ts";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import { CORRUPT_CHUNK_ATTEMPTS } from "../transfer/limits.ts";
import type { ReadLimits } from "../transfer/server-facts.ts";
import type { Destination, FilePlace } from "./destination.ts";
import { isRight } from "./local-copy.ts";
import { cannotWrite } from "./partial-file.ts";
import type { WantedFile } from "./wanted-files.ts";

/** Made anew: what is there already is for others to look into. */
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Files that are asked for together. */
export type SmallFiles = readonly WantedFile[];

/**
 * Divides files into groups that one request can bring, and the others. Only a file with a verified digest can be checked by itself.
 */
export function groupSmallFiles(
  files: readonly WantedFile[],
  limits: ReadLimits | undefined,
  maxFileBytes: number,
): { readonly groups: readonly SmallFiles[]; readonly others: readonly WantedFile[] } {
  if (limits === undefined) return { groups: [], others: files };
  const groups: WantedFile[][] = [];
  const others: WantedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (file.sha256 === "" || file.sizeBytes === 0 || file.sizeBytes > maxFileBytes) {
      others.push(file);
      continue;
    }
    const last = groups.at(-1);
    bytes += file.sizeBytes;
    if (last === undefined || last.length === limits.maxFiles || bytes > limits.maxBytes) {
      groups.push([file]);
      bytes = file.sizeBytes;
    } else last.push(file);
  }
  return { groups, others };
}

/** What bringing small files needs. */
export interface SmallFilesOptions {
  readonly http: HttpClient;
  readonly addresses: BlobAddresses;
  readonly destination: Destination;
  readonly memory: ChunkMemory;
  readonly signal: AbortSignal;
  /** Called with each file that is written, and has its name. */
  readonly onFile: (file: WantedFile) => void;
}

/**
 * Brings small files to disk with one request. Returns those that need more care: where something is on disk already, or
 * where the request failed for a reason that each file must tell by itself.
 */
export async function bringSmallFiles(
  files: SmallFiles,
  options: SmallFilesOptions,
): Promise<readonly WantedFile[]> {
  const { http, addresses, destination, memory, signal, onFile } = options;
  const places = new Map<WantedFile, FilePlace>();
  for (const file of files) {
    const place = await destination.place(file.path);
    if (!isThere(place.finalPath) && !isThere(place.partialPath)) places.set(file, place);
  }
  const left = files.filter((file) => !places.has(file));
  if (places.size === 0) return left;
  const asked = [...places.keys()];
  using lent = await memory.borrow(
    asked.reduce((sum, file) => sum + file.sizeBytes, 0),
    signal,
  );
  let corruptions = 0;
  const shouldRetry = (error: unknown) => {
    if (!(error instanceof CorruptDataError)) return isWorthAnotherTry(error);
    corruptions += 1;
    return corruptions < CORRUPT_CHUNK_ATTEMPTS;
  };
  const attempt = async (address: string, silence: AbortSignal) => {
    const ids = asked.map((file) => file.id);
    await readFiles(http, address, ids, lent.bytes, signal, silence);
    for (const { file, bytes } of cut(asked, lent.bytes)) if (!isFile(file, bytes)) throw wrongBytes(file);
  };
  try {
    await withRetry(() => addresses.use(attempt), { shouldRetry, signal, patienceMs: http.patienceMs });
  } catch {
    signal.throwIfAborted();
    return files;
  }
  for (const { file, bytes } of cut(asked, lent.bytes)) {
    const place = places.get(file);
    if (place === undefined) continue;
    write(place, bytes);
    onFile(file);
  }
  return left;
}

function* cut(files: SmallFiles, all: Uint8Array) {
  let at = 0;
  for (const file of files) {
    yield { file, bytes: all.subarray(at, at + file.sizeBytes) };
    at += file.sizeBytes;
  }
}

function isFile({ sha256, sizeBytes }: WantedFile, bytes: Uint8Array): boolean {
  return isRight({ sha256, offsetBytes: 0, sizeBytes }, bytes);
}

function wrongBytes({ path }: WantedFile): CorruptDataError {
  return new CorruptDataError(`The bytes of ${path} that arrived are not those of its SHA-256.`);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** On this thread: for so few bytes, to ask another one takes longer than the system does. */
function write({ partialPath, finalPath }: FilePlace, bytes: Uint8Array): void {
  try {
    const opened = openSync(partialPath, CREATE_FLAGS, 0o666);
    try {
      for (let written = 0; written < bytes.length;)
        written += writeSync(opened, bytes, written, bytes.length - written);
    } finally {
      closeSync(opened);
    }
    renameSync(partialPath, finalPath);
  } catch (error) {
    throw cannotWrite(finalPath, error);
  }
}
