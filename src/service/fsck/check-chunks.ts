import type { ListedObject } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import { CHUNK_PREFIX, digestOfKey } from "../../domain/object-keys.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { PARALLEL_CHUNKS } from "../copy/chunk-bytes.ts";
import { readRight, type RightBytes } from "../blobs/right-bytes.ts";
import { report, type Check } from "./check.ts";
import { chainProblems } from "./chain-problems.ts";
import { rowsByPrefix } from "./chunk-pages.ts";
import type { FindingKind } from "./report.ts";
import { reportStrays } from "./stray-objects.ts";

/** The folders that chunks' objects are in. */
const PREFIXES = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"));

/** Objects of one folder, by their digests. */
export type Objects = Map<string, ListedObject[]>;

/** Something that is wrong with a chunk's row, or what it names. */
export interface Problem {
  readonly kind: FindingKind;
  readonly detail: string;
}

/**
 * Compares the rows of chunks with the objects that the store lists, a folder of both at a time: so memory depends on the
 * 256th part of them. What seems wrong is looked at once more, since servers go on meanwhile.
 */
export async function checkChunks(check: Check): Promise<void> {
  const { storage, signal, findings, onProgress } = check;
  const totals = await storage.metadata.read((tx) => tx.chunks.totals());
  const pages = rowsByPrefix(storage.metadata);
  let page = await pages.next();
  for (const prefix of PREFIXES) {
    signal?.throwIfAborted();
    const objects = await listed(check, prefix);
    for (; page.done !== true && page.value.prefix === prefix; page = await pages.next()) {
      signal?.throwIfAborted();
      await checkPage(check, page.value.rows, objects);
      const { chunks: doneChunks, readBytes } = findings.looked;
      onProgress?.({
        doneChunks,
        doneBytes: readBytes,
        totalChunks: Math.max(totals.count, doneChunks),
        totalBytes: readBytes,
      });
    }
    await reportStrays(check, objects);
  }
}

async function listed({ storage, findings, signal }: Check, prefix: string): Promise<Objects> {
  const objects: Objects = new Map();
  for await (const object of storage.blobs.list(`${CHUNK_PREFIX}${prefix}/`)) {
    signal?.throwIfAborted();
    findings.looked.objects += 1;
    findings.looked.objectBytes += object.sizeBytes;
    const digest = digestOfKey(object.key) ?? "";
    const same = objects.get(digest);
    if (same === undefined) objects.set(digest, [object]);
    else same.push(object);
  }
  return objects;
}

async function checkPage(check: Check, rows: readonly Chunk[], objects: Objects): Promise<void> {
  const { storage } = check;
  const chains = await chainProblems(storage.metadata, rows);
  const packs = await packIds(check, rows);
  const unread: Chunk[] = [];
  for (const chunk of rows) {
    check.findings.looked.chunks += 1;
    const isSound =
      placeProblem(chunk, sizeIn(objects, chunk), packs) === undefined && !chains.has(chunk.digest);
    takeOut(objects, chunk);
    if (isSound && chunk.state !== "quarantined") unread.push(chunk);
    else await lookAgain(check, chunk.digest);
  }
  const read = unread.filter((chunk) => check.isRead(chunk.digest));
  await eachLimited(read, PARALLEL_CHUNKS, async (chunk) => {
    check.signal?.throwIfAborted();
    await readChunk(check, chunk);
  });
}

/** Looks at a chunk as it is now, and reports what is still wrong. */
async function lookAgain(check: Check, digest: string): Promise<void> {
  const { storage } = check;
  const [chunk] = await storage.metadata.read((tx) => tx.chunks.getMany([digest]));
  if (chunk === undefined) return;
  const found = { sha256: digest, objectKey: chunk.objectKey, sizeBytes: chunk.sizeBytes };
  if (chunk.state === "quarantined") {
    const detail = "its bytes failed their digest, or could not be kept";
    await report(check, { kind: "quarantined", detail, ...found }, (mender) => mender.chunk(digest));
    return;
  }
  const size = chunk.packId === "" ? (await storage.blobs.stat(chunk.objectKey))?.sizeBytes : undefined;
  const place = placeProblem(chunk, size, await packIds(check, [chunk]));
  const chain = (await chainProblems(storage.metadata, [chunk])).get(digest);
  const problem = place ?? chain;
  if (problem === undefined) return;
  await report(check, { ...problem, ...found }, (mender) => {
    if (problem.kind === "pack_row_missing") return mender.packRow(chunk);
    return place === undefined ? mender.plainly(chunk) : mender.chunk(digest);
  });
}

function placeProblem(
  chunk: Chunk,
  objectBytes: number | undefined,
  packs: ReadonlySet<string>,
): Problem | undefined {
  const { encoding, storedBytes, sizeBytes, objectOffset, packId, objectKey } = chunk;
  if (encoding === "raw" && storedBytes !== sizeBytes) {
    const detail = `its row says that ${storedBytes} bytes are stored as they are, and that it has ${sizeBytes}`;
    return { kind: "wrong_form", detail };
  }
  if (packId !== "") {
    if (packs.has(packId)) return undefined;
    return { kind: "pack_row_missing", detail: `it is in the pack ${packId}, which has no row` };
  }
  if (objectBytes === undefined) return { kind: "object_missing", detail: `there is no object ${objectKey}` };
  const end = objectOffset + storedBytes;
  if (objectBytes === end) return undefined;
  const detail = `the object ${objectKey} has ${objectBytes} bytes instead of ${end}`;
  return { kind: "object_size", detail };
}

async function packIds({ storage }: Check, rows: readonly Chunk[]): Promise<ReadonlySet<string>> {
  const ids = rows.flatMap(({ packId }) => (packId === "" ? [] : [packId]));
  if (ids.length === 0) return new Set();
  return new Set((await storage.metadata.read((tx) => tx.checks.packs(ids))).map(({ id }) => id));
}

function sizeIn(objects: Objects, { digest, objectKey }: Chunk): number | undefined {
  return objects.get(digest)?.find(({ key }) => key === objectKey)?.sizeBytes;
}

/** What is left of the objects in the end has no row. */
function takeOut(objects: Objects, { digest, objectKey }: Chunk): void {
  const rest = objects.get(digest)?.filter(({ key }) => key !== objectKey) ?? [];
  if (rest.length === 0) objects.delete(digest);
  else objects.set(digest, rest);
}

const READ_KINDS = {
  absent: "object_missing",
  truncated: "object_size",
  wrong_digest: "wrong_digest",
} as const;

async function readChunk(check: Check, seen: Chunk): Promise<void> {
  const { storage, findings } = check;
  let chunk = seen;
  let problem = await problemOf(check, chunk);
  if (problem !== undefined) {
    // It may have been moved, or deleted, since its row was read.
    const [latest] = await storage.metadata.read((tx) => tx.chunks.getMany([seen.digest]));
    if (latest === undefined) return;
    chunk = latest;
    problem = await problemOf(check, chunk);
  }
  findings.looked.readChunks += 1;
  findings.looked.readBytes += chunk.sizeBytes;
  if (problem === undefined) return;
  const { digest, objectKey, sizeBytes } = chunk;
  const found = { ...problem, sha256: digest, objectKey, sizeBytes };
  // What can't be read now may be readable tomorrow.
  if (problem.kind === "unreadable") await report(check, found);
  else await report(check, found, (mender) => mender.chunk(digest));
}

async function problemOf({ storage }: Check, chunk: Chunk): Promise<Problem | undefined> {
  let read: RightBytes;
  try {
    read = await readRight(storage, chunk);
  } catch (error) {
    // One bad sector is a finding; a store that is away ends the check.
    await storage.blobs.check();
    return { kind: "unreadable", detail: error instanceof Error ? error.message : String(error) };
  }
  if (read.bytes !== undefined) {
    releaseBytes(read.bytes);
    return undefined;
  }
  const { encoding, objectKey, baseDigest } = chunk;
  const base = baseDigest === "" ? "" : `, with its base ${baseDigest}`;
  const detail = `the bytes in ${objectKey} (${encoding}${base}) are not its digest's: ${read.problem}`;
  return { kind: READ_KINDS[read.problem], detail };
}
