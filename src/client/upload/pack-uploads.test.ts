import { expect, test } from "bun:test";
import { readPackIndex } from "../../domain/pack-format.ts";
import { failureOf } from "../testing/failure-of.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { MAX_PACKS_AT_ONCE, PACK_BYTES } from "../transfer/limits.ts";
import { PackUploads, type PackedChunk } from "./pack-uploads.ts";

const limits = { maxBytes: 8 * 1024 * 1024, maxChunks: 100, maxChunkBytes: 256 * 1024 };

function chunkOf(sizeBytes: number): PackedChunk {
  const bytes = randomBytes(sizeBytes);
  return { bytes, sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex") };
}

/** Takes packs, each once `let one go` is called, and notes what was in them. */
function recorder() {
  const packs: string[][] = [];
  const singles: string[] = [];
  const held: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  return {
    packs,
    singles,
    held,
    most: () => most,
    sender: {
      async sendOne({ sha256 }: PackedChunk) {
        singles.push(sha256);
      },
      async sendPack(pack: Uint8Array<ArrayBuffer>, chunks: readonly PackedChunk[]) {
        const entries = readPackIndex(pack, pack.byteLength);
        expect(pack.byteLength).toBeLessThanOrEqual(PACK_BYTES);
        for (const [index, { digest, offsetBytes, sizeBytes }] of entries.entries()) {
          const bytes = pack.subarray(offsetBytes, offsetBytes + sizeBytes);
          expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(digest);
          expect(chunks[index]?.sha256).toBe(digest);
        }
        packs.push(entries.map(({ digest }) => digest));
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise<void>((resolve) => held.push(resolve));
        atOnce -= 1;
      },
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

test("chunks go many to a request, and what comes up meanwhile with the next one", async () => {
  const taken = recorder();
  const uploads = new PackUploads(limits, taken.sender);
  const chunks = Array.from({ length: 60 }, (_, index) => chunkOf(1_000 + index));
  const digests = chunks.map(({ sha256 }) => sha256);
  const first = chunks.slice(0, 20).map((chunk) => uploads.send(chunk));
  await until(() => taken.held.length === 1);
  const others = chunks.slice(20).map((chunk) => uploads.send(chunk));
  await Bun.sleep(30);
  expect(taken.packs).toEqual([digests.slice(0, 20)]);
  taken.held.shift()?.();
  await Promise.all(first);
  await until(() => taken.held.length === 1);
  expect(taken.packs).toEqual([digests.slice(0, 20), digests.slice(20)]);
  taken.held.shift()?.();
  await Promise.all(others);
});

test("a pack has no more chunks and bytes than the limits allow, and only so many are under way", async () => {
  const taken = recorder();
  const uploads = new PackUploads(limits, taken.sender);
  const sizes = [...Array.from({ length: 350 }, () => 100), ...Array.from({ length: 40 }, () => 250_000)];
  const sent = sizes.map((size) => uploads.send(chunkOf(size)));
  const all = Promise.all(sent).then(() => true);
  let isDone = false;
  void all.then(() => (isDone = true));
  while (!isDone) {
    taken.held.shift()?.();
    await Bun.sleep(1);
  }
  expect(taken.packs.flat()).toHaveLength(390);
  expect(Math.max(...taken.packs.map((pack) => pack.length))).toBe(limits.maxChunks);
  expect(taken.most()).toBe(MAX_PACKS_AT_ONCE);
});

test("one that is alone goes as a chunk", async () => {
  const taken = recorder();
  const chunk = chunkOf(10);
  await new PackUploads(limits, taken.sender).send(chunk);
  expect([taken.singles, taken.packs]).toEqual([[chunk.sha256], []]);
});

test("when a pack can't be sent its chunks are told, and the others go on", async () => {
  let calls = 0;
  const uploads = new PackUploads(limits, {
    sendOne: () => Promise.resolve(),
    async sendPack() {
      calls += 1;
      if (calls === 1) throw new Error("refused");
    },
  });
  const refused = [uploads.send(chunkOf(10)), uploads.send(chunkOf(20))];
  for (const one of refused) expect(await failureOf(one)).toMatchObject({ message: "refused" });
  await Promise.all([uploads.send(chunkOf(30)), uploads.send(chunkOf(40))]);
  expect(calls).toBe(2);
});
