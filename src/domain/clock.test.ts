import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";

const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;

/** A machine whose clock can be set, and which can sleep. */
function aMachine() {
  const machine = { wallMs: START_MS, paceMs: 0 };
  const clock = systemClock(() => machine.wallMs, { timeOrigin: START_MS, now: () => machine.paceMs });
  return {
    nowMs: () => (clock.nowMicros() - START_MS * 1000) / 1000,
    run(ms: number) {
      machine.wallMs += ms;
      machine.paceMs += ms;
    },
    set: (ms: number) => void (machine.wallMs += ms),
  };
}

test("the time is the machine's, to the microsecond, and no two are the same", () => {
  const machine = aMachine();
  machine.run(0.25);
  expect(machine.nowMs()).toBe(0.25);
  expect(machine.nowMs()).toBe(0.251);
});

test("after a sleep, or when the clock is set forward, it is followed", () => {
  const machine = aMachine();
  machine.set(8 * HOUR_MS);
  expect(machine.nowMs()).toBe(8 * HOUR_MS);
  machine.run(5);
  expect(machine.nowMs()).toBe(8 * HOUR_MS + 5);
});

test("when the clock is set back, the time goes on at its pace", () => {
  const machine = aMachine();
  machine.run(10);
  machine.set(-HOUR_MS);
  machine.run(10);
  expect(machine.nowMs()).toBe(20);
  machine.run(HOUR_MS);
  expect(machine.nowMs()).toBe(HOUR_MS + 20);
});

test("it does not follow what is but rounding", () => {
  const machine = aMachine();
  machine.set(900);
  expect(machine.nowMs()).toBe(0);
});
