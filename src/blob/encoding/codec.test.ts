import { expect, test } from "bun:test";
import fc from "fast-check";
import { decode, decodeUsingUp, encode, type EncodedForm } from "./codec.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";

const widths = fc.constantFrom(2 as const, 4 as const, 8 as const);
/** Bytes of any length and beginning in their buffer; some that shrink, some that don't. */
const anyBytes = fc
  .tuple(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3_000 }))
        .map(([piece, size]) =>
          Uint8Array.from({ length: size }, (_, index) => piece[index % piece.length] ?? 0),
        ),
    ),
    fc.integer({ min: 0, max: 7 }),
  )
  .map(([bytes, offset]) => {
    const array = new Uint8Array(offset + bytes.length + 3).subarray(offset, offset + bytes.length);
    array.set(bytes);
    return array;
  });
const forms: fc.Arbitrary<EncodedForm> = fc.oneof(
  fc.constantFrom({ encoding: "raw" as const }, { encoding: "zstd" as const }),
  widths.map((width) => ({ encoding: "grouped-zstd" as const, width })),
  fc
    .tuple(widths, anyBytes)
    .map(([width, base]) => ({ encoding: "delta-grouped-zstd" as const, width, base })),
);
const baseOf = (form: EncodedForm) => ("base" in form ? form.base : undefined);

test("a base of the same size becomes what was built on it", () => {
  const pairs = fc.tuple(widths, anyBytes, fc.infiniteStream(fc.integer({ min: 0, max: 255 })));
  fc.assert(
    fc.property(pairs, ([width, bytes, stream]) => {
      const base = bytes.map((byte) => byte ^ (stream.next().value ?? 0));
      const stored = encode(bytes, { encoding: "delta-grouped-zstd", width, base });
      expect(decodeUsingUp("delta-grouped-zstd", stored, bytes.length, base.slice())).toEqual(bytes.slice());
    }),
    { numRuns: 300 },
  );
});

test.each([2, 4, 8] as const)("chunks of many tiles, width %i", (width) => {
  for (const size of [64 * 1024, 200_000, 1_000_003]) {
    let state = size;
    const bytes = Uint8Array.from({ length: size }, () => (state = Math.imul(state, 69_069) + 1) >>> 24);
    const base = bytes.map((byte, index) => (index % 5 === 0 ? byte ^ index : byte));
    const alone = encode(bytes, { encoding: "grouped-zstd", width });
    expect(Buffer.from(decode("grouped-zstd", alone, size)).equals(bytes)).toBe(true);
    const stored = encode(bytes, { encoding: "delta-grouped-zstd", width, base });
    expect(Buffer.from(decode("delta-grouped-zstd", stored, size, base)).equals(bytes)).toBe(true);
    expect(Buffer.from(decodeUsingUp("delta-grouped-zstd", stored, size, base)).equals(bytes)).toBe(true);
  }
});

test("planes that repeat themselves are stored as small as ever", () => {
  let state = 1;
  const period = Uint8Array.from({ length: 4_000 }, () => (state = Math.imul(state, 69_069) + 1) >>> 24);
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => period[index % period.length] ?? 0);
  const stored = encode(bytes, { encoding: "grouped-zstd", width: 4 });
  expect(stored.byteLength).toBeLessThan(10_000);
  expect(Buffer.from(decode("grouped-zstd", stored, bytes.length)).equals(bytes)).toBe(true);
});

test("what was encoded is decoded, for any bytes, beginning, length and base", () => {
  fc.assert(
    fc.property(anyBytes, forms, (bytes, form) => {
      const before = bytes.slice();
      const stored = encode(bytes, form);
      expect(bytes).toEqual(before);
      expect(decode(form.encoding, stored, bytes.length, baseOf(form))).toEqual(before);
      const spare = baseOf(form)?.slice();
      expect(decodeUsingUp(form.encoding, stored, bytes.length, spare)).toEqual(before);
    }),
    { numRuns: 1_000 },
  );
});

test("stored bytes that were changed, cut or continued are decoded to so many bytes, or refused", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(anyBytes, forms, changes, fc.nat(40), fc.uint8Array({ maxLength: 9 }), (...drawn) => {
      const [bytes, form, flips, cutBytes, more] = drawn;
      const encoded = encode(bytes, form);
      const kept = encoded.subarray(0, Math.max(encoded.length - cutBytes, 0));
      const stored = Uint8Array.from([...kept, ...more]);
      if (stored.length > 0)
        for (const [place, bits] of flips)
          stored[place % stored.length] = (stored[place % stored.length] ?? 0) ^ bits;
      try {
        expect(decode(form.encoding, stored, bytes.length, baseOf(form))).toHaveLength(bytes.length);
      } catch (error) {
        if (!(error instanceof CorruptEncodingError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});

test("any bytes are decoded to so many bytes, or refused", () => {
  const magic = fc.uint8Array({ maxLength: 60 }).map((tail) => [0x28, 0xb5, 0x2f, 0xfd, ...tail]);
  const planes = fc
    .tuple(widths, magic)
    .map(([width, plane]) => [width, 0, 1, plane.length, 0, 0, 0, ...plane]);
  const stored = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => [...bytes]),
    magic,
    planes,
  );
  const encodings = fc.constantFrom("zstd" as const, "grouped-zstd" as const, "delta-grouped-zstd" as const);
  fc.assert(
    fc.property(encodings, stored, fc.nat(200), (encoding, bytes, sizeBytes) => {
      expect(() => {
        const decoded = decode(encoding, Uint8Array.from(bytes), sizeBytes, new Uint8Array(10));
        if (decoded.length === sizeBytes) throw new CorruptEncodingError("of that size");
      }).toThrow(CorruptEncodingError);
    }),
    { numRuns: 2_000 },
  );
});

test("frames that claim more than there is, or that go on, are refused", () => {
  const frame = encode(new Uint8Array(100_000), { encoding: "zstd" });
  expect(decode("zstd", frame, 100_000)).toHaveLength(100_000);
  expect(() => decode("zstd", frame, 99_999)).toThrow(CorruptEncodingError);
  const twice = Uint8Array.from([...frame, ...frame]);
  expect(() => decode("zstd", twice, 200_000)).toThrow(CorruptEncodingError);
  expect(() => decode("zstd", twice, 100_000)).toThrow(CorruptEncodingError);
  // Nine bytes that say they are 2^62 bytes.
  const huge = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0]);
  expect(() => decode("zstd", huge, 2 ** 62)).toThrow(CorruptEncodingError);
});

test("a difference without its base, and a form that nobody knows, are refused", () => {
  const stored = encode(new Uint8Array(10), { encoding: "grouped-zstd", width: 4 });
  expect(() => decode("delta-grouped-zstd", stored, 10)).toThrow(CorruptEncodingError);
  expect(() => decode("of another age" as "raw", stored, 10)).toThrow(CorruptEncodingError);
  expect(() => decode("raw", stored, 11)).toThrow(CorruptEncodingError);
});
