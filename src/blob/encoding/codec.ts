import type { ChunkEncoding } from "../../domain/entities.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";
import type { GroupWidth } from "./difference.ts";
import { decodeGrouped, encodeGrouped } from "./grouped.ts";
import { compress, decompress } from "./zstd-frame.ts";

/** How to encode bytes. */
export type EncodedForm =
  | { readonly encoding: "raw" | "zstd" }
  | { readonly encoding: "grouped-zstd"; readonly width: GroupWidth }
  | {
      readonly encoding: "delta-grouped-zstd";
      readonly width: GroupWidth;
      /** Plain bytes; as many as there are, or fewer, or more. */
      readonly base: Uint8Array<ArrayBuffer>;
    };

/** Makes an array of so many bytes, with a buffer of its own; what is in it does not matter. */
type NewArray = (sizeBytes: number) => Uint8Array<ArrayBuffer>;

/** The stored form of bytes; they themselves if it is `raw`. */
export function encode(bytes: Uint8Array<ArrayBuffer>, form: EncodedForm): Uint8Array<ArrayBuffer> {
  switch (form.encoding) {
    case "raw":
      return bytes;
    case "zstd":
      return compress(bytes);
    case "grouped-zstd":
      return encodeGrouped(bytes, form.width);
    case "delta-grouped-zstd":
      return encodeGrouped(bytes, form.width, form.base);
  }
}

/**
 * The bytes of a stored form, which must be `sizeBytes`; `stored` itself if it is `raw`. `base` has the plain bytes of the
 * base, where the form has one. Throws CorruptEncodingError when the stored bytes are no such form; whether the bytes are the right ones only
 * their digest tells. Takes no more memory
 * than twice `sizeBytes`, whatever is stored.
 */
export function decode(
  encoding: ChunkEncoding,
  stored: Uint8Array<ArrayBuffer>,
  sizeBytes: number,
  base?: Uint8Array<ArrayBuffer>,
  newArray: NewArray = (size) => new Uint8Array(size),
): Uint8Array<ArrayBuffer> {
  switch (encoding) {
    case "raw":
      if (stored.byteLength !== sizeBytes) throw new CorruptEncodingError("raw bytes of another size");
      return stored;
    case "zstd":
      return decompress(stored, sizeBytes);
    case "grouped-zstd": {
      const bytes = newArray(sizeBytes);
      decodeGrouped(stored, bytes);
      return bytes;
    }
    case "delta-grouped-zstd": {
      if (base === undefined) throw new CorruptEncodingError("a difference without its base");
      const bytes = newArray(sizeBytes);
      decodeGrouped(stored, bytes, base);
      return bytes;
    }
    default:
      throw new CorruptEncodingError("an unknown encoding");
  }
}

/**
 * As `decode`, but the base is used up: where it can be, its memory becomes that of the result, which is faster. It must
 * have its buffer to itself.
 */
export function decodeUsingUp(
  encoding: ChunkEncoding,
  stored: Uint8Array<ArrayBuffer>,
  sizeBytes: number,
  base: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> {
  if (encoding !== "delta-grouped-zstd" || base?.byteLength !== sizeBytes)
    return decode(encoding, stored, sizeBytes, base);
  decodeGrouped(stored, base, base);
  return base;
}
