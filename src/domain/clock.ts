/** Where time comes from; tests bring their own. */
export interface Clock {
  /** Microseconds since 1970, UTC. */
  nowMicros(): number;
}

/** How far the machine's clock may be ahead before it is followed; below that it is rounding. */
const MAX_BEHIND_MS = 1000;

/**
 * The machine's clock. Never goes back within a process: where the machine's is set back, this one goes on at its own
 * pace. Where it is set forward it is followed, as after a sleep, in which the pace stands still.
 */
export function systemClock(
  wallMs: () => number = Date.now,
  pace: Pick<Performance, "timeOrigin" | "now"> = performance,
): Clock {
  let last = 0;
  let originMs = pace.timeOrigin;
  return {
    nowMicros() {
      const paceMs = pace.now();
      const behindMs = wallMs() - (originMs + paceMs);
      if (behindMs > MAX_BEHIND_MS) originMs += behindMs;
      last = Math.max(last + 1, Math.floor((originMs + paceMs) * 1000));
      return last;
    },
  };
}
