import { expect, test } from "bun:test";
import { UNASKED_AFTER_CHUNKS } from "../transfer/limits.ts";
import { isLoopback } from "../transfer/server-facts.ts";
import { AskFirst } from "./ask-first.ts";

function news(ask: AskFirst, count: number): void {
  for (let index = 0; index < count; index += 1) ask.wasNew();
}

test("a server elsewhere is always asked", () => {
  const ask = new AskFirst(false, UNASKED_AFTER_CHUNKS);
  news(ask, 1_000);
  expect(ask.isNeeded).toBe(true);
});

test("a server on this machine is asked until a run of chunks was new to it", () => {
  const ask = new AskFirst(true, UNASKED_AFTER_CHUNKS);
  news(ask, UNASKED_AFTER_CHUNKS - 1);
  expect(ask.isNeeded).toBe(true);
  ask.wasThere();
  news(ask, UNASKED_AFTER_CHUNKS - 1);
  expect(ask.isNeeded).toBe(true);
  ask.wasNew();
  expect(ask.isNeeded).toBe(false);
});

test("a chunk that was sent in vain makes it ask again, for twice as long", () => {
  const ask = new AskFirst(true, UNASKED_AFTER_CHUNKS);
  news(ask, UNASKED_AFTER_CHUNKS);
  ask.wasThere();
  ask.wasThere();
  news(ask, 2 * UNASKED_AFTER_CHUNKS - 1);
  expect(ask.isNeeded).toBe(true);
  ask.wasNew();
  expect(ask.isNeeded).toBe(false);
});

test.each([
  ["http://127.0.0.1:8085", true],
  ["http://127.9.8.7:1", true],
  ["https://localhost:8085", true],
  ["http://[::1]:8085", true],
  ["http://127.0.0.1.example.com:8085", false],
  ["http://10.0.0.1:8085", false],
  ["https://modelbox.example.com", false],
])("%s on this machine: %p", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
