import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/** How often the event loop is asked whether it is late. */
const LAG_RESOLUTION_MS = 50;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** Adds memory, processor time and event loop lag of this process; returns how to stop measuring. */
export function addProcessMetrics(registry: Registry): () => void {
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ["process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss()],
    ["process_heap_bytes", "Memory of the JavaScript heap.", () => process.memoryUsage().heapTotal],
    [
      "process_start_time_seconds",
      "When the process started, since 1970.",
      () => performance.timeOrigin / 1000,
    ],
    [
      "modelbox_event_loop_lag_seconds",
      "99th percentile since the last scrape.",
      () => seconds(lag.percentile(99)),
    ],
    ["modelbox_event_loop_lag_max_seconds", "Highest since the last scrape.", takeHighestLag],
  ];
  for (const [name, help, read] of gauges) {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  }
  registry.registerMetric(
    new Counter({
      name: "process_cpu_seconds_total",
      help: "Processor time, user and system.",
      registers: [],
      collect() {
        this.reset();
        this.inc(cpuSeconds());
      },
    }),
  );
  return () => void lag.disable();

  function takeHighestLag(): number {
    const highest = seconds(lag.max);
    lag.reset();
    return highest;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}

/** Nothing was measured yet when it is not a finite number above 0. */
function seconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) && nanoseconds > 0 ? nanoseconds / NANOSECONDS : 0;
}
