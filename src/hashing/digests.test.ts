import { expect, test } from "bun:test";
import { someBytes } from "../../test/support/blobs.ts";
import { sha256, sha256Elsewhere } from "./digests.ts";
import { releaseBytes, releaseOwned } from "./release.ts";

test.each([0, 1, 1_000, 256 * 1024 - 1, 256 * 1024, 5_000_000])(
  "%d bytes have their digest",
  async (size) => {
    const bytes = someBytes(size, 7);
    const expected = sha256(bytes);
    const digested = await sha256Elsewhere(bytes.slice());
    expect(digested.sha256).toBe(expected);
    expect(Buffer.from(digested.bytes).equals(bytes)).toBe(true);
  },
);

test("many at once get each their own", async () => {
  const inputs = Array.from({ length: 40 }, (_, index) => someBytes(300_000 + index, index));
  const expected = inputs.map((bytes) => sha256(bytes));
  const digested = await Promise.all(inputs.map((bytes) => sha256Elsewhere(bytes)));
  expect(digested.map((one) => one.sha256)).toEqual(expected);
});

test("what is released is empty, once and again", () => {
  const bytes = someBytes(1_000_000);
  releaseBytes(bytes);
  releaseBytes(bytes);
  expect(bytes.byteLength).toBe(0);
});

test("a part of a buffer is left alone", () => {
  const bytes = someBytes(100);
  releaseOwned(bytes.subarray(1));
  expect(bytes.byteLength).toBe(100);
  releaseOwned(bytes);
  expect(bytes.byteLength).toBe(0);
});

test("a program that waits for nothing but a digest gets it, and ends", () => {
  const module = JSON.stringify(new URL("./digests.ts", import.meta.url).href);
  const program = `import { sha256Elsewhere } from ${module};
    sha256Elsewhere(new Uint8Array(5_000_000)).then(({ sha256 }) => console.log(sha256));`;
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, "-e", program]);
  expect(stdout.toString().trim()).toBe(sha256(new Uint8Array(5_000_000)));
  expect(exitCode).toBe(0);
});
