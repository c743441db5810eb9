/** A stretch of a file of proto/testdata/chunking.json. */
export type Segment =
  | { readonly text: string }
  | { readonly hex: string }
  | { readonly repeat: string; readonly bytes: number }
  | { readonly xorshift32: number; readonly bytes: number };

/** The bytes that a description in proto/testdata/chunking.json stands for; README.md there says how. */
export function describedBytes(segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(segments.map(segmentBytes)));
}

function segmentBytes(segment: Segment): Uint8Array {
  if ("text" in segment) return Buffer.from(segment.text);
  if ("hex" in segment) return Buffer.from(segment.hex, "hex");
  if ("repeat" in segment) return Buffer.alloc(segment.bytes, segment.repeat, "hex");
  return xorshift32(segment.xorshift32, segment.bytes);
}

/** Numbers of 32 bits, little-endian, each made from the one before; the seed is not among them. */
export function xorshift32(seed: number, count: number): Uint8Array {
  const numbers = new Uint32Array(Math.ceil(count / 4));
  let state = seed;
  for (let index = 0; index < numbers.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    numbers[index] = state;
  }
  return new Uint8Array(numbers.buffer, 0, count);
}
