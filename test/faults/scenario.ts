import { DomainError } from "../../src/domain/errors.ts";
import type { StoredFile } from "../../src/domain/entities.ts";
import { beginUpload } from "../../src/service/blobs/begin-upload.ts";
import { findMissingChunks } from "../../src/service/blobs/find-missing-chunks.ts";
import { putChunk } from "../../src/service/blobs/put-chunk.ts";
import { readFile } from "../../src/service/blobs/read-file.ts";
import { collect } from "../../src/service/collection/collect.ts";
import { createCheckpoint } from "../../src/service/checkpoints/create.ts";
import { deleteCheckpoint } from "../../src/service/checkpoints/delete.ts";
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
const MAX_CHUNK_BYTES = 3_000;
/** Chunks of which files are made, so that they share some. */
const POOL_CHUNKS = 12;
const UPLOAD_ATTEMPTS = 3;

/** What clients of one server do, at random. */
export class Scenario {
  readonly #world: World;
  readonly attempts: Attempt[] = [];
  /** Digests of chunks of which a stored bit was turned around; nobody can promise them any more. */
  readonly damaged = new Set<string>();
  #pool: Uint8Array<ArrayBuffer>[] = [];
  #leaseId = "";

  constructor(world: World) {
    this.#world = world;
    this.#pool = Array.from({ length: POOL_CHUNKS }, () => this.#freshChunk());
  }

  /** Stores a checkpoint, as a client does that asks, sends what is missing, and commits. */
  async upload(): Promise<void> {
    const { random, life, faults } = this.#world;
    const chunks = Array.from({ length: 1 + random.below(MAX_CHUNKS) }, () => this.#nextChunk());
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
        for (const [index, chunk] of chunks.entries()) {
          const input = inputs[index];
          if (input === undefined || !missing.has(input.digest)) continue;
          await putChunk(life.transfers, everybody, { ...input, leaseId, body: pieces(chunk, 1_000) });
        }
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

  async collect(): Promise<void> {
    const { life, random, faults } = this.#world;
    faults.note("collect");
    await collect(life.context, {
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

  /** Turns a bit around somewhere. */
  async damage(): Promise<void> {
    const { storage, life, faults } = this.#world;
    const key = storage.damage();
    if (key === undefined) return;
    const digest = /[0-9a-f]{64}/.exec(key)?.[0];
    faults.note(`damage of ${key}`);
    if (digest !== undefined) this.damaged.add(digest);
    void life;
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
  #nextChunk(): Uint8Array<ArrayBuffer> {
    const { random } = this.#world;
    const index = random.below(POOL_CHUNKS);
    const known = this.#pool[index] ?? this.#freshChunk();
    if (random.chance(0.4)) return known;
    const chunk = random.chance(0.5) ? this.#freshChunk() : known.slice();
    const offset = random.below(chunk.length);
    chunk[offset] = (chunk[offset] ?? 0) + 1;
    this.#pool[index] = chunk;
    return chunk;
  }

  #freshChunk(): Uint8Array<ArrayBuffer> {
    const { random } = this.#world;
    return random.bytes(1 + random.below(MAX_CHUNK_BYTES));
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
