import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { FileSpecSchema } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { createModelBoxClient } from "../model-box-client.ts";
import { failureOf } from "../testing/failure-of.ts";
import { FaultServer } from "../testing/fault-server.ts";
import { BlobAddresses } from "../transfer/blob-addresses.ts";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import { fetchRange } from "./fetch-range.ts";
import type { StoredChunk } from "./stored-chunks.ts";

const bytes = Buffer.from("0123456789");
const sha256 = (of: string | Buffer) => new Bun.CryptoHasher("sha256").update(of).digest("hex");

/** Fetches ten bytes as the chunk that `facts` describe. */
async function fetchTen(isLocal: boolean, facts: Pick<StoredChunk, "sha256" | "xxh3">): Promise<string> {
  await using server = await FaultServer.start();
  server.chunks.set(sha256(bytes), bytes);
  const chunk = { sha256: sha256(bytes), sizeBytes: 10n };
  server.files = [create(FileSpecSchema, { path: "file", sizeBytes: 10n, chunks: [chunk] })];
  const received: string[] = [];
  const { http } = createModelBoxClient({ serverAddr: server.address });
  const { signal } = new AbortController();
  await fetchRange([{ offsetBytes: 0, sizeBytes: 10, ...facts }], {
    http,
    addresses: await BlobAddresses.open(http, [`http://${server.address}`], signal),
    file: { id: "0", path: "file", sizeBytes: 10, sha256: "" },
    memory: new ChunkMemory(100_000, 10),
    isLocal,
    signal,
    onChunk: async (_, chunkBytes) => void received.push(Buffer.from(chunkBytes).toString()),
  });
  return received.join();
}

const right = { sha256: sha256(bytes), xxh3: Bun.hash.xxHash3(bytes) };
const otherSha256 = { ...right, sha256: sha256("other") };
const otherXxh3 = { ...right, xxh3: right.xxh3 ^ 1n };

test("between machines it is the SHA-256 that counts", async () => {
  expect(await fetchTen(false, otherXxh3)).toBe("0123456789");
  expect(await failureOf(fetchTen(false, otherSha256))).toMatchObject({ name: "CorruptDataError" });
});

test("on one machine the XXH3 is enough, and without it the SHA-256 counts", async () => {
  expect(await fetchTen(true, otherSha256)).toBe("0123456789");
  expect(await failureOf(fetchTen(true, otherXxh3))).toMatchObject({ name: "CorruptDataError" });
  expect(await failureOf(fetchTen(true, { sha256: sha256("other") }))).toMatchObject({
    name: "CorruptDataError",
  });
});
