import { planeKernel, TILE_ELEMENTS, TURN_ELEMENTS } from "./plane-kernel.ts";

/**
 * Puts planes together in `bytes`, tile by tile; with a base, which has the same size and may be `bytes` itself, they are
 * folded differences that are added to it. Returns how many bytes are done: all but the last few, or
 * none where the processor has no instructions for it.
 */
export function joinTiles(
  bytes: Uint8Array<ArrayBuffer>,
  base: Uint8Array | undefined,
  planes: readonly Uint8Array[],
  width: 2 | 4,
): number {
  const kernel = planeKernel();
  if (kernel === undefined) return 0;
  const run = (base === undefined ? kernel.join : kernel.add)[width];
  const turns = Math.floor(bytes.byteLength / (width * TURN_ELEMENTS));
  const elements = turns * TURN_ELEMENTS;
  for (let begin = 0; begin < elements; begin += TILE_ELEMENTS) {
    const end = Math.min(begin + TILE_ELEMENTS, elements);
    for (const [index, plane] of planes.entries()) kernel.planes[index]?.set(plane.subarray(begin, end));
    if (base !== undefined) kernel.elements.set(base.subarray(begin * width, end * width));
    run((end - begin) / TURN_ELEMENTS);
    bytes.set(kernel.elements.subarray(0, (end - begin) * width), begin * width);
  }
  return elements * width;
}
