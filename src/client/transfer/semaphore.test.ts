import { expect, test } from "bun:test";
import { failureOf } from "../testing/failure-of.ts";
import { Semaphore } from "./semaphore.ts";

const never = new AbortController().signal;

test("lets in what fits, and the others in order as room is made", async () => {
  const semaphore = new Semaphore(10);
  const order: string[] = [];
  const enter = async (name: string, amount: number) => {
    await semaphore.acquire(amount, never);
    order.push(name);
  };
  await enter("a", 6);
  const large = enter("b", 7);
  const small = enter("c", 1);
  expect(order).toEqual(["a"]);
  semaphore.release(6);
  await Promise.all([large, small]);
  expect(order).toEqual(["a", "b", "c"]);
});

test("what is larger than the capacity comes in alone", async () => {
  const semaphore = new Semaphore(10);
  expect(await semaphore.acquire(11, never)).toBe(10);
  const next = semaphore.acquire(1, never);
  semaphore.release(10);
  expect(await next).toBe(1);
});

test("one whose signal has ended fails in its turn and makes way for those behind", async () => {
  const semaphore = new Semaphore(10);
  await semaphore.acquire(6, never);
  const controller = new AbortController();
  const large = failureOf(semaphore.acquire(10, controller.signal));
  const small = semaphore.acquire(4, never);
  controller.abort(new Error("gave up"));
  semaphore.release(6);
  expect(await large).toEqual(new Error("gave up"));
  expect(await small).toBe(4);
  expect(await failureOf(semaphore.acquire(1, controller.signal))).toEqual(new Error("gave up"));
});

test("never holds more than its capacity, and lets everybody in", async () => {
  const semaphore = new Semaphore(7);
  let held = 0;
  let most = 0;
  const visit = async (amount: number) => {
    const got = await semaphore.acquire(amount, never);
    held += got;
    most = Math.max(most, held);
    await Promise.resolve();
    held -= got;
    semaphore.release(got);
  };
  await Promise.all(Array.from({ length: 1000 }, (_, index) => visit(1 + (index % 9))));
  expect(most).toBe(7);
  expect(held).toBe(0);
});
