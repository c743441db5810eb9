import { DomainError } from "../../src/domain/errors.ts";
import type { StoredFile } from "../../src/domain/entities.ts";
import type { CodecThreads } from "../../src/blob/encoding/codec-threads.ts";
import { MAX_PACKED_CHUNK_BYTES, MIN_ENCODED_CHUNK_BYTES } from "../../src/domain/limits.ts";
import { digestOfKey } from "../../src/domain/object-keys.ts";
import { packIndexBytes, writePack } from "../../src/domain/pack-format.ts";
import { beginUpload } from "../../src/service/blobs/begin-upload.ts";
import { findMissingChunks } from "../../src/service/blobs/find-missing-chunks.ts";
import { postPack } from "../../src/service/blobs/post-pack.ts";
import { putChunk } from "../../src/service/blobs/put-chunk.ts";
import { readFile } from "../../src/service/blobs/read-file.ts";
import { collect, type Collected } from "../../src/service/collection/collect.ts";
import { createCheckpoint } from "../../src/service/checkpoints/create.ts";
import { deleteCheckpoint } from "../../src/service/checkpoints/delete.ts";
import { encodingJob } from "../../src/service/encoding/encode-pending.ts";
import { pieces } from "../support/blobs.ts";
import { everybody } from "../support/rpc.ts";
import { sha256 } from "../support/upload.ts";
import { EXPERIMENT, isKill, type World } from "./world.ts";

/** A checkpoint that somebody tried to store. */
export interface Attempt {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly digests: readonly string[];
  /** `acknowledged`: the server said that it is stored. `unknown`: it never answered. */
  state: "acknowledged" | "unknown" | "deleted" | "maybe deleted";
}

/** How a failure of a read may look; a wrong answer is none. */
const READ_FAILURES = new Set(["unavailable", "resource_exhausted"]);
const MAX_CHUNKS = 5;
/** Chunks that would be encoded are larger than those of most seeds, which are to be quick. */
const SMALL: ChunkSizes = { least: 1, most: 3_000 };
export const ENCODED: ChunkSizes = { least: MIN_ENCODED_CHUNK_BYTES, most: MIN_ENCODED_CHUNK_BYTES };
/** Chunks of which files are made, so that they share some. */
const POOL_CHUNKS = 12;
const UPLOAD_ATTEMPTS = 3;

/** Sizes of chunks, in bytes. */
export interface ChunkSizes {
  readonly least: number;
  readonly most: number;
}

/** What clients of one server do, at random. */
export class Scenario {
  readonly #world: World;
  readonly attempts: Attempt[] = [];
  /** Digests of chunks of which a stored bit was turned around; nobody can promise them any more. */
  readonly damaged = new Set<string>();
  #pool: Uint8Array<ArrayBuffer>[] = [];
  #leaseId = "";
  readonly #sizes: ChunkSizes;

  constructor(world: World, sizes = SMALL) {
    this.#world = world;
    this.#sizes = sizes;
    this.#pool = Array.from({ length: POOL_CHUNKS }, () => this.#freshChunk());
  }

  /** Stores a checkpoint, as a client does that asks, sends what is missing, and commits. */
  async upload(): Promise<void> {
    const { random, life, faults } = this.#world;
    const chunks = Array.from({ length: 1 + random.below(MAX_CHUNKS) }, (_, place) => this.#nextChunk(place));
    const bytes = new Uint8Array(Buffer.concat(chunks));
    const inputs = chunks.map((chunk) => ({ digest: sha256(chunk), sizeBytes: chunk.byteLength }));
    const attempt: Attempt = {
      name: `step-${this.attempts.length}`,
      bytes,
      digests: inputs.map(({ digest }) => digest),
      state: "unknown",
    };
    faults.note(`upload of ${attempt.name}`);
    const requestId = crypto.randomUUID();
    for (let round = 1; ; round += 1) {
      try {
        // Now and then a client goes on under the lease that it had.
        if (this.#leaseId === "" || random.chance(0.7)) this.#leaseId = await this.#begin();
        const leaseId = this.#leaseId;
        const missing = new Set(
          await findMissingChunks(life.context, everybody, { leaseId, chunks: inputs }),
        );
        const wanted = new Map(chunks.map((bytes) => [sha256(bytes), bytes]));
        for (const digest of wanted.keys()) if (!missing.has(digest)) wanted.delete(digest);
        await this.#send(leaseId, wanted);
        // Only a commit can be half done.
        if (!this.attempts.includes(attempt)) this.attempts.push(attempt);
        const files = [{ path: "model.bin", sizeBytes: bytes.byteLength, sha256: "", chunks: inputs }];
        await createCheckpoint(life.context, everybody, {
          experiment: { type: "path", ...EXPERIMENT },
          name: attempt.name,
          step: BigInt(this.attempts.length),
          epoch: undefined,
          labels: {},
          metrics: {},
          files: { leaseId, files },
          fence: undefined,
          requestId,
        });
        this.#leaseId = "";
        attempt.state = "acknowledged";
        faults.note(`stored ${attempt.name}`);
        // What the bytes were found to be wrong for is stored anew by an upload of the same bytes.
        return;
      } catch (error) {
        this.#leaseId = "";
        if (round === UPLOAD_ATTEMPTS || isKill(error)) throw error;
        requireUnderstandable(error);
      }
    }
  }

  async remove(): Promise<void> {
    const attempt = this.#anyOf("acknowledged");
    if (attempt === undefined) return;
    await this.#delete(attempt);
  }

  async #delete(attempt: Attempt): Promise<void> {
    attempt.state = "maybe deleted";
    this.#world.faults.note(`delete of ${attempt.name}`);
    await deleteCheckpoint(this.#world.life.context, everybody, {
      checkpoint: { type: "path", experiment: { type: "path", ...EXPERIMENT }, name: attempt.name },
      recursive: false,
      etag: "",
      requestId: "",
    });
    attempt.state = "deleted";
  }

  /** Deletes all that is left. */
  async removeAll(): Promise<void> {
    for (const attempt of this.attempts) {
      if ((await this.find(attempt)) !== undefined) await this.#delete(attempt);
    }
  }

  async collect(): Promise<Collected> {
    const { life, random, faults } = this.#world;
    faults.note("collect");
    return collect(life.context, {
      signal: new AbortController().signal,
      graceMs: random.pick([0, 3_600_000]),
    });
  }

  /** Reads a checkpoint while things go wrong: right, or not at all. */
  async read(): Promise<void> {
    const attempt = this.#anyOf("acknowledged");
    if (attempt === undefined) return;
    try {
      await this.requireRight(attempt);
    } catch (error) {
      if (isKill(error)) throw error;
      if (!(error instanceof DomainError) || !READ_FAILURES.has(error.kind)) throw error;
    }
  }

  /** Turns a bit around somewhere: in a chunk, and so in those that build on it, or in several of a pack. */
  async damage(): Promise<void> {
    const { storage, database, faults } = this.#world;
    const key = storage.damage();
    if (key === undefined) return;
    faults.note(`damage of ${key}`);
    const rows = await database.read((tx) => tx.tables.page("chunks", undefined, 10_000));
    const digest = digestOfKey(key);
    if (digest !== undefined) this.damaged.add(digest);
    for (const row of rows) if (row["objectKey"] === key) this.damaged.add(String(row["digest"]));
    for (let before = -1; before !== this.damaged.size;) {
      before = this.damaged.size;
      for (const row of rows)
        if (this.damaged.has(String(row["baseDigest"]))) this.damaged.add(String(row["digest"]));
    }
  }

  /** Throws unless what was acknowledged is there byte for byte. */
  async requireRight(attempt: Attempt): Promise<void> {
    const file = await this.find(attempt);
    if (file === undefined) {
      if (attempt.state !== "acknowledged") return;
      throw new Error(`${attempt.name} was acknowledged and is not there`);
    }
    let actual: Buffer;
    try {
      actual = await this.#bytesOf(file);
    } catch (error) {
      const isDamage = error instanceof DomainError && error.kind === "data_loss";
      if (isDamage && attempt.digests.some((digest) => this.damaged.has(digest))) return;
      throw error;
    }
    if (actual.equals(attempt.bytes)) return;
    throw new Error(`${attempt.name} has other bytes than were stored`);
  }

  /** Stores chunks in smaller forms, as a server does in the background. */
  async encode(threads: CodecThreads): Promise<void> {
    const { life, faults, random } = this.#world;
    faults.note("encode");
    const { load } = life.transfers;
    const observer = { encoded() {}, worked() {}, failed() {} };
    const restMs = random.chance(0.5) ? 600_000 : 0;
    const run = encodingJob(life.context, { threads, workers: 1, cpuPercent: 100, restMs, load, observer });
    await run(new AbortController().signal);
  }

  /** Sends chunks one by one, or those that are small enough together. */
  async #send(leaseId: string, wanted: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const { random, life } = this.#world;
    const chunks = [...wanted].map(([digest, bytes]) => ({ digest, bytes }));
    const sizeBytes = chunks.reduce(
      (sum, { bytes }) => sum + bytes.byteLength,
      packIndexBytes(chunks.length),
    );
    const isPacked = chunks.length > 0 && this.#sizes.most <= MAX_PACKED_CHUNK_BYTES && random.chance(0.5);
    if (isPacked) {
      const whole = async () => writePack(new Uint8Array(sizeBytes), chunks);
      await postPack(life.transfers, everybody, { leaseId, sizeBytes, whole });
      return;
    }
    for (const { digest, bytes } of chunks) {
      const pieceBytes = Math.ceil(bytes.byteLength / 3);
      const input = { digest, sizeBytes: bytes.byteLength, leaseId, body: pieces(bytes, pieceBytes) };
      await putChunk(life.transfers, everybody, input);
    }
  }

  /** The file of a checkpoint, as far as anybody can see it. */
  async find({ name }: Attempt): Promise<StoredFile | undefined> {
    const { metadata } = this.#world.life.context;
    return metadata.read(async (tx) => {
      const namespace = await tx.namespaces.findByName("", EXPERIMENT.namespace);
      const experiment = await tx.experiments.findByName(namespace?.id ?? "", EXPERIMENT.name);
      const checkpoint = await tx.checkpoints.findByName(experiment?.id ?? "", name);
      if (checkpoint === undefined) return undefined;
      const artifact = await tx.artifacts.find(checkpoint.id, "default");
      return artifact && tx.artifacts.fileByPath(artifact.id, "model.bin");
    });
  }

  async #bytesOf(file: StoredFile): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    const range = { offsetBytes: 0, lengthBytes: file.sizeBytes };
    for await (const part of readFile(this.#world.life.transfers, file, range)) parts.push(part.slice());
    return Buffer.concat(parts);
  }

  async #begin(): Promise<string> {
    const upload = { namespace: EXPERIMENT.namespace, holder: "test", sizeBytes: 0, requestId: "" };
    return (await beginUpload(this.#world.life.context, everybody, { ...upload, ttlMs: 600_000 })).id;
  }

  /** A chunk that was used before, one that hardly differs from it, or a new one. */
  #nextChunk(place: number): Uint8Array<ArrayBuffer> {
    const { random } = this.#world;
    // Differences are taken to what was at the same place.
    const index = this.#sizes === ENCODED ? place : random.below(POOL_CHUNKS);
    const known = this.#pool[index] ?? this.#freshChunk();
    if (random.chance(this.#sizes === ENCODED ? 0.2 : 0.4)) return known;
    const chunk = random.chance(0.3) ? this.#freshChunk() : known.slice();
    const offset = random.below(chunk.length);
    chunk[offset] = (chunk[offset] ?? 0) + 1;
    this.#pool[index] = chunk;
    return chunk;
  }

  #freshChunk(): Uint8Array<ArrayBuffer> {
    const { random } = this.#world;
    const { least, most } = this.#sizes;
    return random.bytes(least + random.below(most - least + 1));
  }

  #anyOf(state: Attempt["state"]): Attempt | undefined {
    const found = this.attempts.filter((attempt) => attempt.state === state);
    return found.length === 0 ? undefined : this.#world.random.pick(found);
  }
}

/** Callers are only shown errors that tell them what to do. */
function requireUnderstandable(error: unknown): void {
  if (!(error instanceof DomainError)) throw error;
}
