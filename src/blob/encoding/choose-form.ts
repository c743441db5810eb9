import { encode, type EncodedForm } from "./codec.ts";
import type { GroupWidth } from "./difference.ts";
import { estimateGrouped } from "./grouped.ts";
import { compress } from "./zstd-frame.ts";

/** Pieces of a chunk that forms are tried on. */
const SAMPLES = 3;
/** A multiple of every width, so that elements lie in a sample as they lie in the chunk. */
const SAMPLE_BYTES = 16 * 1024;
/** The quickest first. */
const WIDTHS: readonly GroupWidth[] = [4, 2, 8];
/** What comes later must be so much smaller by samples: those of 8 bytes, which are no quicker than JavaScript, even more. */
const MAX_SHARE_OF_BETTER = { 2: 0.99, 4: 0.99, 8: 0.95 };
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
  const sample = sampleOf(bytes);
  const baseSample = base && sampleOf(base, bytes.byteLength);
  let best: EncodedForm = { encoding: "raw" };
  let leastBytes = sample.byteLength;
  const consider = (form: EncodedForm, sizeBytes: number, width: GroupWidth) => {
    if (sizeBytes < leastBytes * MAX_SHARE_OF_BETTER[width]) [best, leastBytes] = [form, sizeBytes];
  };
  consider({ encoding: "zstd" }, compress(sample).byteLength, 4);
  for (const width of WIDTHS) {
    consider({ encoding: "grouped-zstd", width }, estimateGrouped(sample, width), width);
    if (base !== undefined)
      consider(
        { encoding: "delta-grouped-zstd", width, base },
        estimateGrouped(sample, width, baseSample),
        width,
      );
  }
  return best;
}

/**
 * Pieces of a chunk, one after the other: spread over it, at multiples of 8. Of a base, those at the same places.
 */
function sampleOf(bytes: Uint8Array<ArrayBuffer>, sizeBytes = bytes.byteLength): Uint8Array<ArrayBuffer> {
  if (sizeBytes <= SAMPLES * SAMPLE_BYTES) return bytes.subarray(0, sizeBytes);
  const sample = new Uint8Array(SAMPLES * SAMPLE_BYTES);
  const step = (sizeBytes - SAMPLE_BYTES) / (SAMPLES + 1);
  for (let index = 0; index < SAMPLES; index += 1) {
    const offset = Math.floor(((index + 1) * step) / 8) * 8;
    sample.set(bytes.subarray(offset, offset + SAMPLE_BYTES), index * SAMPLE_BYTES);
  }
  return sample;
}

function isSmaller(storedBytes: number, sizeBytes: number): boolean {
  return storedBytes <= sizeBytes * (1 - MIN_SAVED);
}
