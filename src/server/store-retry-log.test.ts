import { expect, test } from "bun:test";
import { createLogger } from "../observability/logger.ts";
import { storeRetryLog } from "./store-retry-log.ts";

test("a retry has a line with its reason, at most one a second, and the others are counted", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = createLogger({ level: "info", format: "json", write: (line) => void lines.push(line) });
  const told = storeRetryLog(log, () => nowMs);
  const error = new Error("the object store answered 503 SlowDown");
  told({ attempt: 1, delayMs: 75.4, error });
  told({ attempt: 2, delayMs: 150, error });
  nowMs = 999;
  told({ attempt: 1, delayMs: 80, error });
  nowMs = 1_000;
  told({ attempt: 3, delayMs: 300, error });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", attempt: 1, delay_ms: 75, untold: 0, err: { message: error.message } },
    { level: "warn", attempt: 3, delay_ms: 300, untold: 2, msg: "object store asked again" },
  ]);
});
