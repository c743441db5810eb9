import type { ListedObject } from "../../domain/blob-store.ts";
import type { Chunk, Pack } from "../../domain/entities.ts";
import { packIdOfKey, PACK_PREFIX } from "../../domain/object-keys.ts";
import { everyPage, pagesOf } from "../copy/rows.ts";
import { PAGE_ROWS, report, type Check } from "./check.ts";
import type { Problem } from "./check-chunks.ts";
import { reportStray } from "./stray-objects.ts";

/**
 * Compares the rows of packs with their objects, and those of the chunks in them with both. The store's list of packs is
 * in memory: it has some hundred chunks an entry.
 */
export async function checkPacks(check: Check): Promise<void> {
  const { storage, signal } = check;
  const objects = await listed(check);
  for await (const rows of everyPage(pagesOf(storage.metadata), "packs")) {
    for (const pack of rows as readonly (Pack & (typeof rows)[number])[]) {
      signal?.throwIfAborted();
      check.findings.looked.packs += 1;
      await checkPack(check, pack, objects.get(pack.objectKey)?.sizeBytes);
      objects.delete(pack.objectKey);
    }
  }
  const strays = [...objects.values()];
  for (let begin = 0; begin < strays.length; begin += PAGE_ROWS)
    await reportStrayPacks(check, strays.slice(begin, begin + PAGE_ROWS));
}

async function listed({ storage, findings, signal }: Check): Promise<Map<string, ListedObject>> {
  const objects = new Map<string, ListedObject>();
  for await (const object of storage.blobs.list(PACK_PREFIX)) {
    signal?.throwIfAborted();
    findings.looked.objects += 1;
    findings.looked.objectBytes += object.sizeBytes;
    objects.set(object.key, object);
  }
  return objects;
}

async function checkPack(check: Check, seen: Pack, listedBytes: number | undefined): Promise<void> {
  const { storage } = check;
  if (listedBytes === seen.sizeBytes && (await chunkProblems(check, seen, listedBytes)).length === 0) return;
  // Chunks and packs move while servers go on.
  const [pack] = await storage.metadata.read((tx) => tx.checks.packs([seen.id]));
  if (pack === undefined) return;
  const objectBytes = (await storage.blobs.stat(pack.objectKey))?.sizeBytes;
  const found = { sha256: "", objectKey: pack.objectKey, sizeBytes: pack.sizeBytes };
  if (objectBytes === undefined) {
    const detail = `there is no object ${pack.objectKey} for the pack ${pack.id}`;
    await report(check, { kind: "pack_object_missing", detail, ...found }, (mender) =>
      mender.packWithoutObject(pack),
    );
  } else if (objectBytes !== pack.sizeBytes) {
    const detail = `the object has ${objectBytes} bytes instead of ${pack.sizeBytes}`;
    await report(check, { kind: "pack_size", detail, ...found }, (mender) =>
      mender.packSize(pack, objectBytes),
    );
  }
  for (const { chunk, problem } of await chunkProblems(check, pack, objectBytes)) {
    const { digest, objectKey, sizeBytes } = chunk;
    await report(check, { ...problem, sha256: digest, objectKey, sizeBytes }, (mender) =>
      mender.chunk(digest),
    );
  }
}

interface WrongChunk {
  readonly chunk: Chunk;
  readonly problem: Problem;
}

/** Chunks that are not where their pack can have them. Quarantined ones are reported as such. */
async function chunkProblems(
  { storage }: Check,
  pack: Pack,
  objectBytes: number | undefined,
): Promise<readonly WrongChunk[]> {
  const chunks: Chunk[] = [];
  for (let after: string | undefined; ;) {
    const page = await storage.metadata.read((tx) => tx.checks.chunksOfPack(pack.id, after, PAGE_ROWS));
    chunks.push(...page.filter(({ state }) => state !== "quarantined"));
    after = page.at(-1)?.digest;
    if (page.length < PAGE_ROWS) break;
  }
  const wrong: WrongChunk[] = [];
  let end = 0;
  let before: Chunk | undefined;
  for (const chunk of chunks.toSorted((a, b) => a.objectOffset - b.objectOffset)) {
    const problem = problemOf(chunk, pack, objectBytes, end, before);
    if (problem !== undefined) wrong.push({ chunk, problem });
    const chunkEnd = chunk.objectOffset + chunk.storedBytes;
    if (chunkEnd > end) [end, before] = [chunkEnd, chunk];
  }
  return wrong;
}

function problemOf(
  { objectKey, objectOffset, storedBytes }: Chunk,
  pack: Pack,
  objectBytes: number | undefined,
  end: number,
  before: Chunk | undefined,
): Problem | undefined {
  if (objectKey !== pack.objectKey) {
    const detail = `its row names the pack ${pack.id}, but the object ${objectKey} and not ${pack.objectKey}`;
    return { kind: "outside_pack", detail };
  }
  if (objectBytes === undefined)
    return { kind: "object_missing", detail: `there is no object ${objectKey}, which is its pack` };
  const place = `bytes ${objectOffset} to ${objectOffset + storedBytes}`;
  if (objectOffset + storedBytes > objectBytes)
    return { kind: "outside_pack", detail: `it has ${place} of an object of ${objectBytes}` };
  if (before !== undefined && objectOffset < end && storedBytes > 0)
    return { kind: "pack_overlap", detail: `it has ${place}, and ${before.digest} has those up to ${end}` };
  return undefined;
}

async function reportStrayPacks(check: Check, objects: readonly ListedObject[]): Promise<void> {
  const { storage } = check;
  const keys = objects.map(({ key }) => key);
  const ids = objects.flatMap(({ key }) => packIdOfKey(key) ?? []);
  const { named, doomed } = await storage.metadata.read(async (tx) => ({
    named: new Set((await tx.checks.packs(ids)).map(({ objectKey }) => objectKey)),
    doomed: await tx.checks.doomed(keys),
  }));
  for (const object of objects) {
    if (!named.has(object.key)) await reportStray(check, object, doomed.has(object.key));
  }
}
