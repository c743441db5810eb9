import type { BlobReader, BlobWriter, NewArray, ReadRange } from "../domain/blob-store.ts";

/** Reads a range in one piece, and disposes the reader. */
export async function bytesOf(
  reader: BlobReader,
  { offsetBytes, lengthBytes }: ReadRange,
  newArray: NewArray = (sizeBytes) => new Uint8Array(sizeBytes),
): Promise<Uint8Array<ArrayBuffer>> {
  await using owned = reader;
  const bytes = newArray(lengthBytes);
  await owned.read(bytes, offsetBytes);
  return bytes;
}

/** Writes an object in one piece, and disposes the writer. */
export async function writeBy(writer: BlobWriter, bytes: Uint8Array): Promise<void> {
  await using owned = writer;
  await owned.write(bytes);
  await owned.commit();
}
