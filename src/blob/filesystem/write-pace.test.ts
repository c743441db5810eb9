import { beforeEach, expect, test } from "bun:test";
import { WritePace } from "./write-pace.ts";

let nowMs: number;
let pace: WritePace;

beforeEach(() => {
  nowMs = 1_000;
  pace = new WritePace(() => nowMs);
});

function write(durationMs: number): number {
  return pace.measure(() => {
    nowMs += durationMs;
    return 7;
  });
}

test("slow writes send the next ones to other threads for a while", () => {
  for (const _ of [1, 2]) expect(write(200)).toBe(7);
  expect(pace.isFast).toBe(true);
  write(200);
  expect(pace.isFast).toBe(false);
  nowMs += 10_000;
  expect(pace.isFast).toBe(true);
});

test("a slow write now and then is no reason", () => {
  for (let round = 0; round < 20; round += 1) {
    write(200);
    for (let quick = 0; quick < 4; quick += 1) write(1);
    expect(pace.isFast).toBe(true);
  }
});
