import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFilesystemBlobStore } from "../../src/blob/index.ts";
import type { BlobStore } from "../../src/domain/blob-store.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { StoredFile } from "../../src/domain/entities.ts";
import { createLibsqlMetadataStore } from "../../src/metadata/index.ts";
import { commitArtifact } from "../../src/service/artifacts/commit.ts";
import { beginUpload } from "../../src/service/blobs/begin-upload.ts";
import type { FileInput } from "../../src/service/blobs/commit.ts";
import { putChunk } from "../../src/service/blobs/put-chunk.ts";
import { readFile } from "../../src/service/blobs/read-file.ts";
import { createTransfers, type CorruptChunk, type Transfers } from "../../src/service/blobs/transfers.ts";
import type { Caller, ServiceContext } from "../../src/service/context.ts";
import { createModel } from "../../src/service/models/create.ts";
import { everybody } from "./rpc.ts";
import { sha256 } from "./upload.ts";

/** Transfers over a folder and a database in memory, with what a test needs of them. */
export interface TestTransfers extends AsyncDisposable {
  readonly transfers: Transfers;
  readonly context: ServiceContext;
  /** The folder of the blobs. */
  readonly folder: string;
  readonly corrupt: readonly CorruptChunk[];
  advanceMs(milliseconds: number): void;
  /** A lease on a namespace, which is created on first use. */
  begin(namespace?: string, caller?: Caller): Promise<string>;
  /** Stores bytes as one chunk; returns how a commit names it. */
  send(leaseId: string, bytes: Uint8Array, caller?: Caller): Promise<FileInput["chunks"][number]>;
  /** Stores and commits a file, cut into chunks of a size, as an artifact of the model `namespace/m`. */
  store(
    path: string,
    bytes: Uint8Array,
    options?: { chunkBytes?: number; namespace?: string },
  ): Promise<StoredFile>;
  read(file: StoredFile, offsetBytes?: number, lengthBytes?: number): Promise<Uint8Array>;
  /** Paths of the objects of all chunks. */
  objects(): Promise<string[]>;
}

/** `decorate` puts something around the store, for example what fails. */
export async function openTransfers(
  decorate = (store: BlobStore): BlobStore => store,
): Promise<TestTransfers> {
  const folder = await mkdtemp(join(tmpdir(), "modelbox-transfers-"));
  const real = systemClock();
  let offset = 0;
  const clock = { nowMicros: () => real.nowMicros() + offset };
  const metadata = await createLibsqlMetadataStore({ path: ":memory:", clock });
  const blobs = decorate(await createFilesystemBlobStore({ baseDir: folder }));
  const context: ServiceContext = { metadata, blobs, clock };
  const corrupt: CorruptChunk[] = [];
  const transfers = createTransfers(context, { corruptChunk: (found) => void corrupt.push(found) });
  const test: TestTransfers = {
    transfers,
    context,
    folder,
    corrupt,
    advanceMs: (milliseconds) => void (offset += milliseconds * 1_000),
    async begin(namespace = "n", caller = everybody) {
      const upload = { namespace, holder: "test", sizeBytes: 0, ttlMs: 60_000, requestId: "" };
      return (await beginUpload(context, caller, upload)).id;
    },
    async send(leaseId, bytes, caller = everybody) {
      const chunk = { digest: sha256(bytes), sizeBytes: bytes.byteLength };
      await putChunk(transfers, caller, { ...chunk, leaseId, body: pieces(bytes) });
      return chunk;
    },
    async store(path, bytes, { chunkBytes = 1_000_000, namespace = "n" } = {}) {
      const model = { namespace, name: "m", owner: "o", task: "t", description: "", labels: {} };
      await createModel(context, everybody, { ...model, experiment: undefined, requestId: "" });
      const leaseId = await test.begin(namespace);
      const begins = Array.from(
        { length: Math.ceil(bytes.byteLength / chunkBytes) },
        (_, index) => index * chunkBytes,
      );
      const chunks = await Promise.all(
        begins.map((begin) => test.send(leaseId, bytes.subarray(begin, begin + chunkBytes))),
      );
      const files = { leaseId, files: [{ path, sizeBytes: bytes.byteLength, sha256: "", chunks }] };
      const object = { kind: "model", reference: { type: "path", namespace, name: "m" } } as const;
      const name = `a-${crypto.randomUUID()}`;
      const { artifact } = await commitArtifact(context, everybody, { object, name, files, requestId: "" });
      const [file] = await metadata.read((tx) => tx.artifacts.files(artifact.id, "", undefined, 1));
      if (file === undefined) throw new Error("the file was not stored");
      return file;
    },
    async read(file, offsetBytes = 0, lengthBytes = file.sizeBytes - offsetBytes) {
      const parts: Uint8Array[] = [];
      for await (const part of readFile(transfers, file, { offsetBytes, lengthBytes }))
        parts.push(part.slice());
      return new Uint8Array(Buffer.concat(parts));
    },
    async objects() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    },
    async [Symbol.asyncDispose]() {
      await metadata[Symbol.asyncDispose]();
      await blobs[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return test;
}

/** A body that arrives in pieces of odd sizes. */
export async function* pieces(bytes: Uint8Array, pieceBytes = 77_777): AsyncGenerator<Uint8Array> {
  for (let begin = 0; begin < bytes.byteLength; begin += pieceBytes)
    yield bytes.subarray(begin, begin + pieceBytes);
}

/** Bytes that are the same for the same seed. */
export function someBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
