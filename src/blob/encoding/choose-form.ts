import { encode, type EncodedForm } from "./codec.ts";
import type { GroupWidth } from "./planes.ts";

/** Pieces of a chunk that forms are tried on. */
const SAMPLES = 3;
/** A multiple of every width, so that elements lie in a sample as they lie in the chunk. */
const SAMPLE_BYTES = 32 * 1024;
const WIDTHS: readonly GroupWidth[] = [2, 4, 8];
/** A form must save so much; what saves less is read faster as it is. */
const MIN_SAVED = 0.03;

/** An encoded chunk. */
export interface EncodedChunk {
  readonly form: EncodedForm;
  /** The chunk itself if the form is `raw`. */
  readonly stored: Uint8Array<ArrayBuffer>;
}

/** Encodes a chunk in the form that is smallest by samples: `raw` unless one saves something. */
export function encodeBest(
  bytes: Uint8Array<ArrayBuffer>,
  base: Uint8Array<ArrayBuffer> | undefined,
): EncodedChunk {
  const form = chooseForm(bytes, base);
  const stored = encode(bytes, form);
  if (isSmaller(stored.byteLength, bytes.byteLength)) return { form, stored };
  return { form: { encoding: "raw" }, stored: bytes };
}

function chooseForm(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array<ArrayBuffer> | undefined): EncodedForm {
  const samples = sampleOffsets(bytes.byteLength);
  let best: EncodedForm = { encoding: "raw" };
  let leastBytes = samples.reduce((sum, offset) => sum + pieceOf(bytes, offset).byteLength, 0);
  for (const form of formsOf(base)) {
    const sizeBytes = samples.reduce((sum, offset) => {
      const piece = pieceOf(bytes, offset);
      if (form.encoding !== "delta-grouped-zstd") return sum + encode(piece, form).byteLength;
      return sum + encode(piece, { ...form, base: pieceOf(form.base, offset) }).byteLength;
    }, 0);
    if (sizeBytes < leastBytes) [best, leastBytes] = [form, sizeBytes];
  }
  return best;
}

function formsOf(base: Uint8Array<ArrayBuffer> | undefined): readonly EncodedForm[] {
  return [
    { encoding: "zstd" },
    ...WIDTHS.map((width) => ({ encoding: "grouped-zstd", width }) as const),
    ...(base === undefined
      ? []
      : WIDTHS.map((width) => ({ encoding: "delta-grouped-zstd", width, base }) as const)),
  ];
}

/** Where samples begin: spread over the chunk, at multiples of 8. A short chunk is one sample. */
function sampleOffsets(sizeBytes: number): readonly number[] {
  if (sizeBytes <= SAMPLES * SAMPLE_BYTES) return [0];
  const step = (sizeBytes - SAMPLE_BYTES) / (SAMPLES + 1);
  return Array.from({ length: SAMPLES }, (_, index) => Math.floor(((index + 1) * step) / 8) * 8);
}

function pieceOf(bytes: Uint8Array<ArrayBuffer>, offset: number): Uint8Array<ArrayBuffer> {
  const length = offset === 0 ? SAMPLES * SAMPLE_BYTES : SAMPLE_BYTES;
  return bytes.subarray(offset, offset + length);
}

function isSmaller(storedBytes: number, sizeBytes: number): boolean {
  return storedBytes <= sizeBytes * (1 - MIN_SAVED);
}
