import type { Chunk, Pack } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { MAX_PACK_BYTES, MAX_PACK_CHUNKS } from "../../domain/limits.ts";
import type { Sum } from "../../domain/background-work.ts";
import { packObjectKey } from "../../domain/object-keys.ts";
import { packIndexBytes, writePack } from "../../domain/pack-format.ts";
import { sha256 } from "../../hashing/digests.ts";
import { readRight } from "../blobs/right-bytes.ts";
import type { ServiceContext } from "../context.ts";
import { CHUNKS_PER_PAGE, PACKS_PER_PAGE } from "./limits.ts";
import { NOTHING, plus } from "./tally.ts";

/** Packs of which less than this is used are packed anew. */
const WORTH_USED_SHARE = 0.5;

export interface RepackOptions {
  /** True: nothing is changed. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called between transactions. */
  readonly onPage: () => Promise<void>;
}

/** A chunk with its bytes, on its way to another pack. */
interface Moving {
  readonly chunk: Chunk;
  readonly bytes: Uint8Array;
}

/**
 * Puts the chunks of packs that are hardly used any more together into new ones, so that the old ones can go. Returns how
 * many packs those were, and the bytes in them that nothing uses.
 */
export async function repack(context: ServiceContext, options: RepackOptions): Promise<Sum> {
  const { metadata } = context;
  const box = new Box(context, options);
  let sum = NOTHING;
  for (let after: string | undefined; !options.signal.aborted;) {
    const from = after;
    const page = await metadata.read((tx) => tx.garbage.packs(from, PACKS_PER_PAGE));
    for (const { pack, usedBytes } of page) {
      if (options.signal.aborted || usedBytes >= pack.sizeBytes * WORTH_USED_SHARE) continue;
      sum = plus(sum, { count: 1, bytes: pack.sizeBytes - usedBytes });
      if (options.dryRun) continue;
      if (usedBytes === 0)
        await metadata.write((tx) => tx.garbage.doomEmptyPack(pack.id, context.clock.nowMicros()));
      else await box.addAll(pack);
    }
    after = page.at(-1)?.pack.id;
    await options.onPage();
    if (page.length < PACKS_PER_PAGE) break;
  }
  await box.close();
  return sum;
}

/** Takes chunks until a pack is full. */
class Box {
  readonly #context: ServiceContext;
  readonly #options: RepackOptions;
  #moving: Moving[] = [];
  #bytes = 0;

  constructor(context: ServiceContext, options: RepackOptions) {
    this.#context = context;
    this.#options = options;
  }

  async addAll(pack: Pack): Promise<void> {
    const chunks = await this.#context.metadata.read((tx) => tx.garbage.packed(pack.id));
    for (const chunk of chunks) {
      if (this.#options.signal.aborted) return;
      // A condemned one goes, or is taken along another time; other forms are left to who made them.
      if (chunk.state !== "stored" || chunk.encoding !== "raw") continue;
      // A damaged one stays, for who looks after damage.
      const { bytes } = await readRight(this.#context, chunk);
      if (bytes === undefined) continue;
      const isFull =
        this.#moving.length === MAX_PACK_CHUNKS ||
        packIndexBytes(this.#moving.length + 1) + this.#bytes + bytes.byteLength > MAX_PACK_BYTES;
      if (isFull) await this.close();
      this.#moving.push({ chunk, bytes });
      this.#bytes += bytes.byteLength;
    }
  }

  /** Stores what is in it, moves the rows, and begins another one. */
  async close(): Promise<void> {
    const moving = this.#moving;
    const sizeBytes = packIndexBytes(moving.length) + this.#bytes;
    this.#moving = [];
    this.#bytes = 0;
    if (moving.length === 0 || this.#options.signal.aborted) return;
    const { blobs, clock, metadata } = this.#context;
    const id = newId();
    const pack: Pack = { id, objectKey: packObjectKey(id), sizeBytes, createdAt: clock.nowMicros() };
    const bytes = writePack(
      new Uint8Array(sizeBytes),
      moving.map((one) => ({ digest: one.chunk.digest, bytes: one.bytes })),
    );
    await blobs.writeBytes(pack.objectKey, bytes, sha256(bytes));
    // The old bytes go once the rows are moved.
    await blobs.flush([pack.objectKey]);
    let end = packIndexBytes(moving.length);
    const moves = moving.map(({ chunk: from }) => {
      const objectOffset = end;
      end += from.storedBytes;
      const place = { generation: id, objectKey: pack.objectKey, packId: id, objectOffset };
      return { from, to: { ...from, ...place, durable: true } };
    });
    for (let begin = 0; begin < moves.length; begin += CHUNKS_PER_PAGE) {
      await metadata.write(async (tx) => {
        if (begin === 0) await tx.packs.insert(pack);
        await tx.garbage.move(moves.slice(begin, begin + CHUNKS_PER_PAGE), clock.nowMicros());
      });
      await this.#options.onPage();
    }
    // All of them may have been stored anew meanwhile.
    await metadata.write((tx) => tx.garbage.doomEmptyPack(id, clock.nowMicros()));
  }
}
