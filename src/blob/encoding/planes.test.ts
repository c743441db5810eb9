import { expect, test } from "bun:test";
import fc from "fast-check";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";
import { type Against, chooseThresholds } from "./elements.ts";
import { decodeGrouped, encodeGrouped } from "./grouped.ts";
import { joinPlainly, splitPlainly } from "./plain-planes.ts";
import { MAX_CLASSES, planeKernel, TILE_ELEMENTS } from "./plane-kernel.ts";
import { cutPlane, joinElements, splitElements } from "./planes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Numbers of a few sizes, and others near them. */
function pair(width: number, elements: number, seed: number): { bytes: Bytes; base: Bytes } {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
  const base = Uint8Array.from({ length: elements * width }, (_, index) =>
    index % width === width - 1 ? 0x38 + (next() % 8) : next(),
  );
  const bytes = base.map((byte, index) => (index % width < width - 1 && next() < 90 ? byte ^ next() : byte));
  return { bytes, base };
}

const thresholdLists = fc
  .array(fc.integer({ min: 0x60, max: 0x90 }), { maxLength: MAX_CLASSES - 1 })
  .map((values) => values.toSorted((a, b) => a - b));
const drawn = fc.tuple(
  fc.constantFrom(2 as const, 4 as const),
  fc.integer({ min: 0, max: 500 }),
  thresholdLists,
  fc.nat(),
);

test("the kernel sorts elements as it is done byte by byte, and back", () => {
  expect(planeKernel()).toBeDefined();
  fc.assert(
    fc.property(drawn, fc.boolean(), ([width, elements, thresholds, seed], isAlone) => {
      const { bytes, base } = pair(width, elements, seed);
      const against: Against | undefined = isAlone ? undefined : { base, thresholds };
      const planes = splitElements(bytes, width, against);
      const plain = planes.map((ofClass) => ofClass.map((plane) => new Uint8Array(plane.byteLength)));
      const nothing = { elements: 0, ofClass: planes.map(() => 0) };
      splitPlainly(bytes, width, against, plain, nothing);
      expect(planes).toEqual(plain);
      const cut = planes.map((ofClass) =>
        ofClass.map((plane, index) =>
          index % 2 === 0
            ? ({ kind: "whole", bytes: plane } as const)
            : ({ kind: "halves", ...cutPlane(plane) } as const),
        ),
      );
      const sizes = planes.map(([plane]) => plane?.byteLength ?? 0);
      const joined = new Uint8Array(bytes.byteLength);
      expect(joinElements(cut, joined, width, against)).toEqual(sizes);
      expect(joined).toEqual(bytes);
      const plainly = new Uint8Array(bytes.byteLength);
      expect(joinPlainly(cut, plainly, width, against, nothing)).toEqual(sizes);
      expect(plainly).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});

test.each([2, 4, 8] as const)("chunks of several tiles and classes, width %i", (width) => {
  const { bytes, base } = pair(width, 2 * TILE_ELEMENTS + 12_345, 5);
  const thresholds = chooseThresholds(base, width);
  expect(thresholds).toHaveLength(width === 8 ? 0 : MAX_CLASSES - 1);
  const stored = encodeGrouped(bytes, width, base);
  expect(stored.byteLength).toBeLessThan(bytes.byteLength);
  const decoded = new Uint8Array(bytes.byteLength);
  decodeGrouped(stored, decoded, base);
  expect(Buffer.from(decoded).equals(bytes)).toBe(true);
  decodeGrouped(stored, base, base);
  expect(Buffer.from(base).equals(bytes)).toBe(true);
});

test("any thresholds and lengths, with a base of another length", () => {
  fc.assert(
    fc.property(drawn, fc.nat(40), fc.nat(40), ([width, elements, thresholds, seed], more, less) => {
      const { bytes, base } = pair(width, elements + 20, seed);
      const chunk = bytes.slice(0, Math.max(bytes.byteLength - more, 0));
      const itsBase = base.slice(0, Math.max(base.byteLength - less, 0));
      const decoded = new Uint8Array(chunk.byteLength);
      decodeGrouped(encodeGrouped(chunk, width, itsBase, thresholds), decoded, itsBase);
      expect(decoded).toEqual(chunk);
    }),
    { numRuns: 500 },
  );
});

test("classes of other sizes than the base's are refused", () => {
  const { bytes, base } = pair(4, 300, 9);
  const stored = encodeGrouped(bytes, 4, base, [0x74]);
  decodeGrouped(stored, new Uint8Array(bytes.byteLength), base);
  const other = base.map((byte, index) => (index % 4 === 3 ? 0x38 : byte));
  expect(() => decodeGrouped(stored, new Uint8Array(bytes.byteLength), other)).toThrow(CorruptEncodingError);
  expect(() => decodeGrouped(stored, new Uint8Array(bytes.byteLength))).toThrow(CorruptEncodingError);
});
