import { releaseBytes } from "../../hashing/release.ts";
import type { Plane } from "./elements.ts";
import { compressLiterals, countBytes } from "./literal-frame.ts";
import { cutPlane } from "./planes.ts";
import { compress } from "./zstd-frame.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Below that, tables take too much: samples, and small chunks. */
const MIN_LITERALS_BYTES = 1024;
/** Pieces of a plane that tell whether it is better cut. */
const PIECES = 16;
const PIECE_BYTES = 2 * 1024;
/** A piece of a stream that tells whether it has patterns: rows of a matrix that are like others are some thousand bytes apart. */
const SAMPLE_BYTES = 32 * 1024;
/** It has when matches make it smaller than this part of its size without them. */
const MAX_PATTERN_SHARE = 0.98;
/** Streams must save so much; what saves less is read faster as it is. */
const MIN_SAVED = 1 / 64;
/** A code has one bit at least; where less would do, matches make some of it up. */
const MATCHED_BITS = 0.5;

/** A plane as it is stored: its streams are frames if they are shorter than what they hold. The plane is used up. */
export function storePlane(plane: Bytes): Plane<Bytes> {
  const sample = spreadSample(plane);
  const counts = countBytes(sample);
  if (counts[0] === sample.byteLength && isZero(plane)) {
    releaseBytes(plane);
    return { kind: "zeros" };
  }
  if (!isBetterCut(counts, sample.byteLength)) return { kind: "whole", bytes: compressStream(plane) };
  const { low, high } = cutPlane(plane);
  releaseBytes(plane);
  if (!isZero(high)) return { kind: "halves", low: compressStream(low), high: compressStream(high) };
  releaseBytes(high);
  return { kind: "halves", low: compressStream(low), high: undefined };
}

/** Pieces of a plane from all over it; itself if it is short. */
function spreadSample(plane: Bytes): Bytes {
  if (plane.byteLength <= PIECES * PIECE_BYTES) return plane;
  const sample = new Uint8Array(PIECES * PIECE_BYTES);
  const step = (plane.byteLength - PIECE_BYTES) / (PIECES - 1);
  for (let index = 0; index < PIECES; index += 1) {
    const begin = Math.floor(index * step);
    sample.set(plane.subarray(begin, begin + PIECE_BYTES), index * PIECE_BYTES);
  }
  return sample;
}

function isZero(bytes: Bytes): boolean {
  const words = new Int32Array(bytes.buffer, 0, bytes.byteLength >>> 2);
  for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false;
  return bytes.subarray(words.byteLength).every((byte) => byte === 0);
}

/** Whether halves take fewer bits, or as many: two of them are one code, which is read in half of the time. */
function isBetterCut(counts: Uint32Array, total: number): boolean {
  const [low, high] = [new Uint32Array(16), new Uint32Array(16)];
  for (const [byte, count] of counts.entries()) {
    low[byte & 0x0f] = (low[byte & 0x0f] ?? 0) + count;
    high[byte >>> 4] = (high[byte >>> 4] ?? 0) + count;
  }
  const cut = bitsOf(low, total, 0.5) + bitsOf(high, total, 0.5);
  return cut <= bitsOf(counts, total, 1);
}

/** About how many bytes a short plane takes. */
export function estimatePlane(plane: Bytes): number {
  const codesBytes = entropyBits(countBytes(plane), plane.byteLength) / 8;
  const isPlain =
    codesBytes > plane.byteLength * (1 - MIN_SAVED) || codesBytes < plane.byteLength * MIN_SAVED;
  return isPlain ? codesBytes : Math.min(codesBytes, compress(plane).byteLength);
}

/** Bits that so many bytes take where each has as many as it is rare. */
function entropyBits(counts: Uint32Array, total: number): number {
  let bits = 0;
  for (let byte = 0; byte < counts.length; byte += 1) {
    const count = counts[byte] ?? 0;
    if (count > 0) bits += count * Math.log2(total / count);
  }
  return bits;
}

/** Bits that an element takes in codes of at least so many. */
function bitsOf(counts: Uint32Array, total: number, least: number): number {
  const bits = entropyBits(counts, total) / total;
  return bits < least ? bits + (least - bits) * Math.min(bits / least, MATCHED_BITS) : bits;
}

/** A frame of the stream, which is used up; itself unless that is shorter. */
function compressStream(stream: Bytes): Bytes {
  const frame = hasPatterns(stream) ? compress(stream) : compressLiterals(stream);
  const [kept, other] =
    frame.byteLength < stream.byteLength * (1 - MIN_SAVED) ? [frame, stream] : [stream, frame];
  releaseBytes(other);
  return kept;
}

/** Matches in the digits of numbers are chance, but some planes do repeat themselves, or are almost all zero. */
function hasPatterns(stream: Bytes): boolean {
  if (stream.byteLength < MIN_LITERALS_BYTES) return true;
  const middle = Math.max(0, Math.floor((stream.byteLength - SAMPLE_BYTES) / 2));
  const sample = stream.subarray(middle, middle + SAMPLE_BYTES);
  // A code has one bit at least.
  const literalsBytes = Math.max(entropyBits(countBytes(sample), sample.byteLength), sample.byteLength) / 8;
  return compress(sample).byteLength < literalsBytes * MAX_PATTERN_SHARE;
}
