import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FileSetSchema } from "../../src/gen/modelbox/v1/artifact_service_pb.ts";
import { putChunk } from "../../src/service/blobs/put-chunk.ts";
import { createTransfers } from "../../src/service/blobs/transfers.ts";
import { everybody, type TestServices } from "./rpc.ts";

export { chunkDigests, cutBytes } from "../../src/blob/chunking/testing/cut-bytes.ts";

/** Cut smaller than clients do, so that small files have several chunks. */
const CHUNK_BYTES = 4;

export function sha256(bytes: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/** A chunk's digest, size and bytes. */
function chunksOf(content: string) {
  const bytes = new TextEncoder().encode(content);
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    return { sha256: sha256(part), sizeBytes: BigInt(part.byteLength), part };
  });
}

/** What a commit says of these files. */
export function fileSetOf(
  leaseId: string,
  contents: Readonly<Record<string, string>>,
): MessageInitShape<typeof FileSetSchema> {
  const files = Object.entries(contents).map(([path, content]) => ({
    path,
    sizeBytes: BigInt(Buffer.byteLength(content)),
    sha256: sha256(content),
    chunks: chunksOf(content).map(({ sha256: digest, sizeBytes }) => ({ sha256: digest, sizeBytes })),
  }));
  return { leaseId, files };
}

/** Uploads the chunks that are missing under a new lease, and returns what to commit. */
export async function uploadFiles(
  services: TestServices,
  namespace: string,
  contents: Readonly<Record<string, string>>,
): Promise<MessageInitShape<typeof FileSetSchema>> {
  const { artifacts } = services.clients;
  const lease = (await artifacts.beginUpload({ namespace, holder: "test" })).lease!;
  const chunks = Object.values(contents).flatMap(chunksOf);
  const wanted = chunks.map(({ sha256: digest, sizeBytes }) => ({ sha256: digest, sizeBytes }));
  const { missing } = await artifacts.findMissingChunks({ leaseId: lease.id, chunks: wanted });
  const transfers = createTransfers(services.service, {
    corruptChunk({ chunk, problem }) {
      throw new Error(`the chunk ${chunk.digest} is corrupt: ${problem}`);
    },
  });
  for (const digest of missing) {
    const { part } = chunks.find((one) => one.sha256 === digest)!;
    const body = new Blob([part]).stream();
    await putChunk(transfers, everybody, {
      leaseId: lease.id,
      digest,
      sizeBytes: part.byteLength,
      body,
    });
  }
  return fileSetOf(lease.id, contents);
}
