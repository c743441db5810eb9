import { CorruptEncodingError } from "./corrupt-encoding-error.ts";
import { addBase, addPlanes } from "./difference.ts";
import { type GroupWidth, joinPlanes, planeBytes, splitPlanes } from "./planes.ts";
import { releaseOwned } from "../../hashing/release.ts";
import { compressPlane, decompress } from "./zstd-frame.ts";

/** Bytes of a plane's length in the header. */
const LENGTH_BYTES = 4;

/**
 * Bytes sorted into planes, each compressed by itself: the width (1 byte), the stored length of each plane (32 bits,
 * little-endian), then the planes. One whose stored length is its own is stored as it is.
 */
export function encodeGrouped(bytes: Uint8Array, width: GroupWidth): Uint8Array<ArrayBuffer> {
  const stored = splitPlanes(bytes, width).map((plane) => {
    const frame = compressPlane(plane);
    const [smaller, larger] = frame.byteLength < plane.byteLength ? [frame, plane] : [plane, frame];
    releaseOwned(larger);
    return smaller;
  });
  const headerBytes = headerBytesOf(width);
  const result = new Uint8Array(stored.reduce((sum, plane) => sum + plane.byteLength, headerBytes));
  const view = new DataView(result.buffer);
  view.setUint8(0, width);
  let offset = headerBytes;
  for (const [index, plane] of stored.entries()) {
    view.setUint32(1 + index * LENGTH_BYTES, plane.byteLength, true);
    result.set(plane, offset);
    offset += plane.byteLength;
    releaseOwned(plane);
  }
  return result;
}

/** Fills `bytes` with what was encoded. Throws CorruptEncodingError. */
export function decodeGrouped(stored: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): void {
  const { width, planes } = readPlanes(stored, bytes.byteLength);
  joinPlanes(planes, width, bytes);
  releasePlanes(planes, stored);
}

/**
 * Fills `bytes` with what was encoded as the difference to the base, which may be `bytes` itself. Throws
 * CorruptEncodingError.
 */
export function decodeDifference(
  stored: Uint8Array<ArrayBuffer>,
  base: Uint8Array,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const { width, planes } = readPlanes(stored, bytes.byteLength);
  if (width === 8 || base.byteLength !== bytes.byteLength) {
    const difference = base === bytes ? new Uint8Array(bytes.byteLength) : bytes;
    joinPlanes(planes, width, difference);
    addBase(difference, base, width);
    if (difference !== bytes) bytes.set(difference);
  } else addPlanes(bytes, base, planes, width);
  releasePlanes(planes, stored);
}

interface Planes {
  readonly width: GroupWidth;
  readonly planes: readonly Uint8Array[];
}

/** Planes of `sizeBytes` together. */
function readPlanes(stored: Uint8Array<ArrayBuffer>, sizeBytes: number): Planes {
  const width = widthOf(stored[0]);
  const headerBytes = headerBytesOf(width);
  if (stored.byteLength < headerBytes) throw new CorruptEncodingError("planes without their header");
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  let offset = headerBytes;
  const planes: Uint8Array[] = [];
  for (let index = 0; index < width; index += 1) {
    const length = view.getUint32(1 + index * LENGTH_BYTES, true);
    const plainBytes = planeBytes(sizeBytes, width, index);
    const plane = stored.subarray(offset, offset + length);
    if (plane.byteLength !== length || length > plainBytes)
      throw new CorruptEncodingError("a plane is too long");
    planes.push(length === plainBytes ? plane : decompress(plane, plainBytes));
    offset += length;
  }
  if (offset !== stored.byteLength) throw new CorruptEncodingError("bytes after the last plane");
  return { width, planes };
}

function releasePlanes(planes: readonly Uint8Array[], stored: Uint8Array): void {
  for (const plane of planes) if (plane.buffer !== stored.buffer) releaseOwned(plane);
}

function headerBytesOf(width: GroupWidth): number {
  return 1 + width * LENGTH_BYTES;
}

function widthOf(byte: number | undefined): GroupWidth {
  if (byte === 2 || byte === 4 || byte === 8) return byte;
  throw new CorruptEncodingError("planes of an unknown width");
}
