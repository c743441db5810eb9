import { expect, test } from "bun:test";
import { BufferPool } from "./buffer-pool.ts";

const KIB = 1024;

test("whoever finds no room waits in line, and one that is too large is let in alone", async () => {
  const pool = new BufferPool(256 * KIB);
  const entered: string[] = [];
  const take = async (name: string, bytes: number) => {
    const buffer = await pool.take(bytes);
    entered.push(name);
    return buffer;
  };
  const first = await take("a", 128 * KIB);
  const second = take("b", 500 * KIB);
  const third = take("c", 64 * KIB);
  expect(pool.takeNow(64 * KIB)).toBeUndefined();
  await Promise.resolve();
  expect(entered).toEqual(["a"]);
  pool.giveBack(first);
  const large = await second;
  expect(large.byteLength).toBeGreaterThanOrEqual(500 * KIB);
  expect(entered).toEqual(["a", "b"]);
  pool.giveBack(large);
  pool.giveBack(await third);
  expect(entered).toEqual(["a", "b", "c"]);
  expect(pool.usedBytes).toBe(0);
});

test("buffers are used again, and those that would be too many are dropped", async () => {
  const pool = new BufferPool(256 * KIB);
  expect(pool.takeNow(257 * KIB)).toBeUndefined();
  const buffer = await pool.take(100 * KIB);
  pool.giveBack(buffer);
  expect(await pool.take(120 * KIB)).toBe(buffer);
  pool.giveBack(buffer);
  const other = await pool.take(256 * KIB);
  pool.giveBack(other);
  expect(await pool.take(128 * KIB)).not.toBe(buffer);
});
