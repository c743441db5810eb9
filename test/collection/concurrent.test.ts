import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DomainError } from "../../src/domain/errors.ts";
import { commitArtifact } from "../../src/service/artifacts/commit.ts";
import { deleteArtifact } from "../../src/service/artifacts/delete.ts";
import { beginUpload } from "../../src/service/blobs/begin-upload.ts";
import { findMissingChunks } from "../../src/service/blobs/find-missing-chunks.ts";
import { putChunk } from "../../src/service/blobs/put-chunk.ts";
import { readFile } from "../../src/service/blobs/read-file.ts";
import { collect } from "../../src/service/collection/collect.ts";
import { purgeExpired } from "../../src/service/maintenance.ts";
import { createModel } from "../../src/service/models/create.ts";
import { pieces, someBytes } from "../support/blobs.ts";
import { everybody } from "../support/rpc.ts";
import { sha256 } from "../support/upload.ts";
import { startServers, type Servers, type TestServer } from "./servers.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Few, so that everybody wants the same ones. */
const POOL = Array.from({ length: 4 }, (_, index) => someBytes(500 + index, index + 1));
const UPLOAD_ATTEMPTS = 12;
/** What an upload may be told: to ask again and send again, or that its lease is over. */
const TOLD = new Set(["CHUNKS_MISSING", "CHUNK_GONE", "LEASE_ENDED", "LEASE_EXPIRED"]);

/** What one client does: files made of these chunks, one after the other; some are deleted again. */
const uploads = fc.array(
  fc.record({
    chunks: fc.uniqueArray(fc.nat(POOL.length - 1), { minLength: 1, maxLength: POOL.length }),
    isDeleted: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);
/** How far the clock goes before each collection. */
const jumps = fc.array(fc.constantFrom(0, MINUTE_MS, 16 * MINUTE_MS, 61 * MINUTE_MS), {
  minLength: 2,
  maxLength: 8,
});
const play = fc.record({
  clients: fc.array(uploads, { minLength: 1, maxLength: 3 }),
  collectors: fc.array(jumps, { minLength: 1, maxLength: 2 }),
});

const isLong = process.env["MODELBOX_LONG_TESTS"] === "1";

for (const kind of ["sqlite", "mysql", "postgres"] as const) {
  describe(`uploads and collections of the same chunks at once: ${kind}`, () => {
    test(
      "an upload wins or is told to send again, and what is committed has no hole",
      async () => {
        await using servers = await startServers(kind, 3);
        await makeModel(servers.all[0]!);
        const numRuns = (kind === "sqlite" ? 40 : 12) * (isLong ? 25 : 1);
        await fc.assert(
          fc.asyncProperty(play, async ({ clients, collectors }) => {
            const committed: Committed[] = [];
            const work = [
              ...clients.map((files, index) => uploadAll(servers, at(servers, index), files, committed)),
              ...collectors.map((waits, index) => collectAll(servers, at(servers, index + 1), waits)),
            ];
            const ends = await Promise.allSettled(work);
            for (const end of ends) if (end.status === "rejected") throw end.reason;
            for (const file of committed) await requireWhole(servers, file);
            // Once all is deleted nothing may be left, on any server's account.
            for (const { artifact } of committed) await remove(at(servers, 0), artifact);
            await purgeAll(servers);
            expect(await Array.fromAsync(servers.blobs.list(""))).toEqual([]);
            const { metadata } = at(servers, 0).context;
            expect(await metadata.read((tx) => tx.chunks.totals())).toEqual({ count: 0, storedBytes: 0 });
          }),
          { numRuns, endOnFailure: true },
        );
      },
      { timeout: isLong ? HOUR_MS : 4 * MINUTE_MS },
    );
  });
}

interface Committed {
  readonly artifact: string;
  readonly bytes: Uint8Array;
}

function at({ all }: Servers, index: number): TestServer {
  const server = all[index % all.length];
  if (server === undefined) throw new Error("there is no server");
  return server;
}

async function makeModel({ context }: TestServer): Promise<void> {
  const model = { namespace: "n", name: "m", owner: "o", task: "t", description: "", labels: {} };
  await createModel(context, everybody, { ...model, experiment: undefined, requestId: "" });
}

async function uploadAll(
  servers: Servers,
  server: TestServer,
  files: readonly { readonly chunks: readonly number[]; readonly isDeleted: boolean }[],
  committed: Committed[],
): Promise<void> {
  for (const { chunks, isDeleted } of files) {
    const file = await upload(
      server,
      chunks.map((index) => POOL[index] ?? new Uint8Array(1)),
    );
    await requireWhole(servers, file);
    if (isDeleted) await remove(server, file.artifact);
    else committed.push(file);
  }
}

/** As a client does: it asks, sends what is missing, commits, and begins again when it is told to. */
async function upload({ context, transfers }: TestServer, parts: readonly Uint8Array[]): Promise<Committed> {
  const bytes = new Uint8Array(Buffer.concat(parts));
  const chunks = parts.map((part) => ({ digest: sha256(part), sizeBytes: part.byteLength }));
  const name = crypto.randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const begin = { namespace: "n", holder: "test", sizeBytes: 0, ttlMs: 10 * MINUTE_MS, requestId: "" };
      const leaseId = (await beginUpload(context, everybody, begin)).id;
      const missing = new Set(await findMissingChunks(context, everybody, { leaseId, chunks }));
      await Promise.all(
        parts.map(async (part, index) => {
          const chunk = chunks[index];
          if (chunk !== undefined && missing.has(chunk.digest))
            await putChunk(transfers, everybody, { ...chunk, leaseId, body: pieces(part) });
        }),
      );
      const files = [{ path: "model.bin", sizeBytes: bytes.byteLength, sha256: "", chunks }];
      const object = { kind: "model", reference: { type: "path", namespace: "n", name: "m" } } as const;
      const { artifact } = await commitArtifact(context, everybody, {
        object,
        name,
        files: { leaseId, files },
        requestId: "",
      });
      return { artifact: artifact.id, bytes };
    } catch (error) {
      if (!(error instanceof DomainError) || !TOLD.has(error.reason) || attempt === UPLOAD_ATTEMPTS)
        throw error;
    }
  }
}

async function remove({ context }: TestServer, artifact: string): Promise<void> {
  await deleteArtifact(context, everybody, { artifact, requestId: "" });
}

async function collectAll(
  servers: Servers,
  { context }: TestServer,
  waits: readonly number[],
): Promise<void> {
  for (const milliseconds of waits) {
    await servers.jumpMs(milliseconds);
    await collect(context, { signal: new AbortController().signal, graceMs: 0 });
    await purgeExpired(context);
  }
}

/** Collects until nothing waits any more: for leases of uploads that were begun again, and all of what comes after. */
async function purgeAll(servers: Servers): Promise<void> {
  for (let round = 0; round < 5; round += 1) await collectAll(servers, at(servers, round), [25 * HOUR_MS]);
}

async function requireWhole(servers: Servers, { artifact, bytes }: Committed): Promise<void> {
  for (const { context, transfers } of servers.all) {
    await servers.whole(async () => {
      const [file] = await context.metadata.read((tx) => tx.artifacts.files(artifact, "", undefined, 1));
      if (file === undefined) throw new Error("a committed file is not there");
      const parts: Uint8Array[] = [];
      const range = { offsetBytes: 0, lengthBytes: file.sizeBytes };
      for await (const part of readFile(transfers, file, range)) parts.push(part.slice());
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    });
  }
}
