import { expect, test } from "bun:test";
import { DomainError } from "../domain/errors.ts";
import { Admission } from "./admission.ts";

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return `${error.kind} ${error.reason}`;
    throw error;
  }
  return "nothing was thrown";
}

test("takes calls up to its limit, and again when one has ended", () => {
  const admission = new Admission(2);
  const end = admission.enter();
  admission.enter();
  expect(reasonOf(() => admission.enter())).toBe("unavailable SERVER_BUSY");
  end();
  end();
  expect(admission.running).toBe(1);
  admission.enter();
  expect(admission.running).toBe(2);
});

test("a drain refuses new calls at once and waits for those that run", async () => {
  const admission = new Admission(10);
  const ends = [admission.enter(), admission.enter()];
  let drained: boolean | undefined;
  const drain = admission.drain(60_000).then((result) => (drained = result));
  expect(reasonOf(() => admission.enter())).toBe("unavailable SHUTTING_DOWN");
  expect(admission.draining.aborted).toBe(true);
  ends[0]?.();
  await Promise.resolve();
  expect(drained).toBeUndefined();
  ends[1]?.();
  await drain;
  expect(drained).toBe(true);
});

test("a drain without calls is over at once, one with a call that never ends after its timeout", async () => {
  expect(await new Admission(1).drain(60_000)).toBe(true);
  const stuck = new Admission(1);
  stuck.enter();
  expect(await stuck.drain(1)).toBe(false);
});
