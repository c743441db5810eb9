import { expect, test } from "bun:test";
import { MAX_PACK_CHUNKS, MAX_PACKED_CHUNK_BYTES } from "./limits.ts";
import { packIndexBytes, readPackIndex, writePack } from "./pack-format.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const chunkOf = (text: string) => ({
  digest: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
  bytes: encode(text),
});

function packOf(...texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return writePack(new Uint8Array(10_000), texts.map(chunkOf)).slice();
}

test("a pack is laid out as docs/storage-layout.md says", () => {
  const pack = packOf("ab", "c");
  expect(Buffer.from(pack).toString("hex")).toBe(
    [
      Buffer.from("MBXPACK1").toString("hex"),
      "02000000",
      "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603",
      "02000000",
      "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6",
      "01000000",
      Buffer.from("abc").toString("hex"),
    ].join(""),
  );
});

test("what was written is found again", () => {
  const texts = ["a", "bb", "", "ccc"].filter((text) => text !== "");
  const pack = packOf(...texts);
  const entries = readPackIndex(pack, pack.byteLength);
  expect(entries.map(({ digest }) => digest)).toEqual(texts.map((text) => chunkOf(text).digest));
  for (const [index, { offsetBytes, sizeBytes }] of entries.entries())
    expect(Buffer.from(pack.subarray(offsetBytes, offsetBytes + sizeBytes)).toString()).toBe(texts[index]!);
  // Its beginning is enough.
  expect(readPackIndex(pack.subarray(0, packIndexBytes(3)), pack.byteLength)).toEqual(entries);
});

function changed(change: (pack: Buffer) => void): Uint8Array {
  const pack = Buffer.from(packOf("ab", "c"));
  change(pack);
  return pack;
}

test.each([
  ["nothing", new Uint8Array(0)],
  ["another word", changed((pack) => pack.write("MBXPACK2"))],
  ["no chunks", changed((pack) => pack.writeUInt32LE(0, 8))],
  ["too many chunks", changed((pack) => pack.writeUInt32LE(MAX_PACK_CHUNKS + 1, 8))],
  ["more chunks than there is room for", changed((pack) => pack.writeUInt32LE(MAX_PACK_CHUNKS, 8))],
  ["an empty chunk", changed((pack) => pack.writeUInt32LE(0, 44))],
  ["too large a chunk", changed((pack) => pack.writeUInt32LE(MAX_PACKED_CHUNK_BYTES + 1, 44))],
  ["the end cut off", packOf("ab", "c").subarray(0, -1)],
  ["the index cut off", packOf("ab", "c").subarray(0, 60)],
  ["something behind it", Buffer.concat([packOf("ab", "c"), encode("x")])],
])("a pack with %s is refused", (_, pack) => {
  expect(() => readPackIndex(pack, pack.byteLength)).toThrow("body");
});
