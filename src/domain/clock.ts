/** Where time comes from; tests bring their own. */
export interface Clock {
  /** Microseconds since 1970, UTC. */
  nowMicros(): number;
}

/** The machine's clock. Never goes back within a process. */
export function systemClock(): Clock {
  let last = 0;
  return {
    nowMicros() {
      const now = Math.floor((performance.timeOrigin + performance.now()) * 1000);
      last = Math.max(last + 1, now);
      return last;
    },
  };
}
