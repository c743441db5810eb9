import { expect, test } from "bun:test";
import { ServerError } from "./errors.ts";
import { MAX_ATTEMPTS, isTransient, withRetry } from "./retry.ts";
import { failureOf } from "./testing/failure-of.ts";

const busy = new ServerError("unavailable", "busy", { retryAfterMs: 0 });

/** Fails so many times before it succeeds. */
function failing(times: number) {
  const attempt = async () => {
    attempt.tries += 1;
    if (attempt.tries <= times) throw busy;
    return "done";
  };
  attempt.tries = 0;
  return attempt;
}

test("tries end after some, unless patience is asked for", async () => {
  const hasty = failing(MAX_ATTEMPTS);
  expect(await failureOf(withRetry(hasty, { shouldRetry: isTransient }))).toBe(busy);
  expect(hasty.tries).toBe(MAX_ATTEMPTS);
  const patient = failing(MAX_ATTEMPTS + 3);
  expect(await withRetry(patient, { shouldRetry: isTransient, patienceMs: 60_000 })).toBe("done");
});

test("patience ends too, and is not spent on what another try can't cure", async () => {
  const forever = failing(Number.POSITIVE_INFINITY);
  const begin = performance.now();
  expect(await failureOf(withRetry(forever, { shouldRetry: isTransient, patienceMs: 900 }))).toBe(busy);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(900);
  expect(forever.tries).toBeGreaterThan(MAX_ATTEMPTS);
  const hopeless = failing(1);
  expect(await failureOf(withRetry(hopeless, { shouldRetry: () => false, patienceMs: 60_000 }))).toBe(busy);
  expect(hopeless.tries).toBe(1);
});
