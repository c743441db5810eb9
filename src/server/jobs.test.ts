import { expect, test } from "bun:test";
import { createLogger } from "../observability/logger.ts";
import { startJobs, type Job } from "./jobs.ts";

function collectingLog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: "debug",
    format: "json",
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { log, lines };
}

test("a job runs again and again, never twice at once, and goes on after a failure", async () => {
  const { log, lines } = collectingLog();
  const enough = Promise.withResolvers<void>();
  let running = 0;
  let runs = 0;
  let most = 0;
  const job: Job = {
    name: "counting",
    intervalMs: 1,
    async run() {
      running += 1;
      most = Math.max(most, running);
      runs += 1;
      await Bun.sleep(2);
      running -= 1;
      if (runs === 2) throw new Error("once");
      if (runs === 4) enough.resolve();
      return { removed: runs };
    },
  };
  const jobs = startJobs([job], log);
  await enough.promise;
  await jobs[Symbol.asyncDispose]();
  expect(most).toBe(1);
  const failed = lines.filter((line) => line["level"] === "error");
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({ job: "counting", err: { message: "once" } });
});

test("no job runs while the storage is not fit, which is said once", async () => {
  const { log, lines } = collectingLog();
  let checks = 0;
  let runs = 0;
  const ran = Promise.withResolvers<void>();
  const job: Job = {
    name: "counting",
    intervalMs: 1,
    async run() {
      runs += 1;
      expect(checks).toBeGreaterThan(5);
      ran.resolve();
      return {};
    },
  };
  const check = async (): Promise<void> => {
    checks += 1;
    if (checks <= 5) throw new Error("not yet");
  };
  const jobs = startJobs([job], log, check);
  await ran.promise;
  await jobs[Symbol.asyncDispose]();
  expect(runs).toBeGreaterThan(0);
  expect(lines.filter((line) => line["level"] === "error")).toMatchObject([{ err: { message: "not yet" } }]);
});

test("stopping aborts the run and waits for its end", async () => {
  const { log } = collectingLog();
  const started = Promise.withResolvers<void>();
  let ended = false;
  const job: Job = {
    name: "long",
    intervalMs: 1,
    async run(signal) {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      ended = true;
      return {};
    },
  };
  const jobs = startJobs([job], log);
  await started.promise;
  await jobs[Symbol.asyncDispose]();
  expect(ended).toBe(true);
});
