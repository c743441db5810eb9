import { encode } from "../../src/blob/encoding/codec.ts";
import type { BlobStore } from "../../src/domain/blob-store.ts";
import type { Chunk } from "../../src/domain/entities.ts";
import { newId } from "../../src/domain/ids.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import { chunkObjectKey } from "../../src/domain/object-keys.ts";
import { aFile, anArtifact, aWorld, keyOf } from "../../src/metadata/conformance/fixtures.ts";
import { someBytes } from "./blobs.ts";
import { sha256 } from "./upload.ts";

/** A chunk of each form that there is, by what it is. */
export interface Forms {
  readonly raw: Chunk;
  /** In one pack, one behind the other. */
  readonly packed: Chunk;
  readonly packedToo: Chunk;
  readonly zstd: Chunk;
  /** The base of `xor`, which is the base of `xorToo`. */
  readonly base: Chunk;
  readonly xor: Chunk;
  readonly xorToo: Chunk;
}

export type FormName = keyof Forms;

export const formNames = ["raw", "packed", "packedToo", "zstd", "base", "xor", "xorToo"] as const;

/** Objects have something before the first chunk of a pack. */
const PACK_HEAD_BYTES = 16;
const CHUNK_BYTES = 40_000;

/** What a chunk of each form has, the same every time. */
export function formBytes(name: FormName): Uint8Array<ArrayBuffer> {
  if (name === "zstd") return new Uint8Array(CHUNK_BYTES).fill(7);
  if (name !== "xor" && name !== "xorToo") return someBytes(CHUNK_BYTES, formNames.indexOf(name) + 1);
  const bytes = formBytes("base");
  for (let index = 0; index < bytes.byteLength; index += 100) bytes[index]! ^= name === "xor" ? 1 : 3;
  return bytes;
}

/** Stores a chunk of each form, and a version with a file `NAME.bin` for each of them. */
export async function storeForms(metadata: MetadataStore, blobs: BlobStore): Promise<Forms> {
  const alone = async (name: FormName, stored: Uint8Array<ArrayBuffer>, fields: Partial<Chunk> = {}) => {
    const chunk = chunkOf(name, { storedBytes: stored.byteLength, ...fields });
    await blobs.writeBytes(chunk.objectKey, stored, sha256(stored));
    return chunk;
  };
  const packId = newId();
  const packKey = `packs/${packId.slice(-2)}/${packId}`;
  const packBytes = new Uint8Array(
    Buffer.concat([new Uint8Array(PACK_HEAD_BYTES), formBytes("packed"), formBytes("packedToo")]),
  );
  await blobs.writeBytes(packKey, packBytes, sha256(packBytes));
  const inPack = { packId, objectKey: packKey };
  const base = await alone("base", formBytes("base"));
  const difference = (name: "xor" | "xorToo", from: FormName) =>
    encode(formBytes(name), { encoding: "xor-grouped-zstd", width: 4, base: formBytes(from) });
  const xorFields = { encoding: "xor-grouped-zstd" } as const;
  const xor = await alone("xor", difference("xor", "base"), {
    ...xorFields,
    baseDigest: base.digest,
    chainDepth: 1,
  });
  const forms: Forms = {
    raw: await alone("raw", formBytes("raw")),
    packed: chunkOf("packed", { ...inPack, objectOffset: PACK_HEAD_BYTES }),
    packedToo: chunkOf("packedToo", { ...inPack, objectOffset: PACK_HEAD_BYTES + CHUNK_BYTES }),
    zstd: await alone("zstd", encode(formBytes("zstd"), { encoding: "zstd" }), { encoding: "zstd" }),
    base,
    xor,
    xorToo: await alone("xorToo", difference("xorToo", "xor"), {
      ...xorFields,
      baseDigest: xor.digest,
      chainDepth: 2,
    }),
  };
  await blobs.flush([...new Set(Object.values(forms).map((chunk) => chunk.objectKey))]);
  const { version } = await aWorld(metadata);
  await metadata.write(async (tx) => {
    await tx.checks.putPack({
      id: packId,
      objectKey: packKey,
      sizeBytes: packBytes.byteLength,
      createdAt: forms.packed.createdAt,
    });
    for (const name of formNames) await tx.chunks.insert(forms[name]);
    const artifact = anArtifact(keyOf("version", version));
    const files = formNames.map((name) => ({
      file: aFile(artifact, `${name}.bin`, { sizeBytes: CHUNK_BYTES, sha256: forms[name].digest }),
      chunks: [{ digest: forms[name].digest, offsetBytes: 0, sizeBytes: CHUNK_BYTES }],
    }));
    await tx.artifacts.insert(artifact, files);
  });
  return forms;
}

function chunkOf(name: FormName, fields: Partial<Chunk>): Chunk {
  const bytes = formBytes(name);
  const digest = sha256(bytes);
  const generation = newId();
  return {
    digest,
    sizeBytes: bytes.byteLength,
    generation,
    objectKey: chunkObjectKey(digest, generation),
    objectOffset: 0,
    storedBytes: bytes.byteLength,
    encoding: "raw",
    baseDigest: "",
    chainDepth: 0,
    state: "stored",
    durable: true,
    createdAt: Date.now() * 1000,
    packId: "",
    namespaceId: "",
    ...fields,
  };
}

/** Turns a bit of an object around, as a disk may. */
export async function flipByte(blobs: BlobStore, key: string, offset: number): Promise<void> {
  const stat = await blobs.stat(key);
  const bytes = await blobs.readBytes(key, { offsetBytes: 0, lengthBytes: stat!.sizeBytes });
  bytes[offset]! ^= 4;
  await replaceObject(blobs, key, bytes);
}

/** Puts other bytes under a key, which nothing but a fault does. */
export async function replaceObject(
  blobs: BlobStore,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await blobs.delete(key);
  await blobs.writeBytes(key, bytes, sha256(bytes));
}
