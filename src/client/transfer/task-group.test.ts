import { expect, test } from "bun:test";
import { failureOf } from "../testing/failure-of.ts";
import { TaskGroup } from "./task-group.ts";

test("waits for tasks that tasks start", async () => {
  using group = new TaskGroup();
  const done: number[] = [];
  const start = (depth: number) => {
    group.start(async () => {
      await Promise.resolve();
      if (depth > 0) start(depth - 1);
      done.push(depth);
    });
  };
  start(3);
  await group.settle();
  expect(done).toHaveLength(4);
  await group.settle();
});

test("the first failure ends the others, and is the one that is thrown", async () => {
  using group = new TaskGroup();
  const first = new Error("first");
  let wasEnded = false;
  group.start(async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    group.signal.addEventListener("abort", () => resolve(undefined));
    await promise;
    wasEnded = true;
    throw new Error("second");
  });
  group.start(() => Promise.reject(first));
  expect(await failureOf(group.settle())).toBe(first);
  expect(wasEnded).toBe(true);
});

test("ends with its parent, also one that has ended before", async () => {
  const parent = new AbortController();
  using group = new TaskGroup(parent.signal);
  parent.abort(new Error("enough"));
  expect(await failureOf(group.settle())).toEqual(new Error("enough"));
  using late = new TaskGroup(parent.signal);
  expect(late.signal.aborted).toBe(true);
});
