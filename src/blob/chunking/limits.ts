import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from "../../domain/limits.ts";

/** How far beyond the beginning of a chunk the boundaries of parts matter: docs/storage-layout.md. */
export const LOOK_AHEAD_BYTES = MAX_CHUNK_BYTES + MIN_CHUNK_BYTES;
/** The longest record that a parser reads at once, besides a header of safetensors: a name and the fields of a zip entry. */
const MAX_RECORD_BYTES = 256 * 1024;
/** The most of a file that is in memory to cut one chunk. */
export const MAX_WINDOW_BYTES = LOOK_AHEAD_BYTES + MAX_RECORD_BYTES;
/** A window grows in such steps, so that little of a file is read before its turn. */
export const WINDOW_STEP_BYTES = 1024 * 1024;
/** A longer header makes a safetensors file plain bytes. */
export const MAX_SAFETENSORS_HEADER_BYTES = 32 * 1024 * 1024;
/** More tensors in a header make a file plain bytes. */
export const MAX_TENSORS = 200_000;
/** Longer names, and arrays in arrays, make a GGUF file plain bytes. */
export const MAX_NAME_BYTES = 65_535;
/** GGUF values that are looked at; a longer header makes a file plain bytes. */
export const MAX_HEADER_VALUES = 20_000_000;
