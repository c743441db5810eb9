import { expect, test } from "bun:test";
import { createMetrics } from "./metrics.ts";

/** The value of a sample, or undefined. */
function sample(text: string, name: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

test("a finished call is counted by method and code, with its time and bytes", async () => {
  const metrics = createMetrics(
    async () => ({ count: 3, storedBytes: 12, fileCount: 2, fileBytes: 20 }),
    "1.2.3",
  );
  const call = { protocol: "connect", service: "modelbox.v1.ModelService", method: "GetModel" } as const;
  for (const code of ["ok", "ok", "not_found"]) {
    metrics.callStarted();
    metrics.callFinished({ ...call, code, seconds: 0.003, receivedBytes: 10, sentBytes: 100 });
  }
  metrics.callStarted();
  metrics.openWatches.inc();
  metrics.observeDatabase("read", "ok", 0.0007);
  const { text, contentType } = await metrics.scrape();
  metrics.close();
  const labels = 'protocol="connect",service="modelbox.v1.ModelService",method="GetModel"';
  expect(sample(text, `modelbox_requests_total{${labels},code="ok"}`)).toBe(2);
  expect(sample(text, `modelbox_requests_total{${labels},code="not_found"}`)).toBe(1);
  expect(sample(text, `modelbox_request_seconds_bucket{le="0.0025",${labels}}`)).toBe(0);
  expect(sample(text, `modelbox_request_seconds_bucket{le="0.005",${labels}}`)).toBe(3);
  expect(sample(text, "modelbox_requests_running")).toBe(1);
  expect(sample(text, 'modelbox_received_bytes_total{protocol="connect"}')).toBe(30);
  expect(sample(text, 'modelbox_sent_bytes_total{protocol="connect"}')).toBe(300);
  expect(sample(text, "modelbox_open_watches")).toBe(1);
  expect(sample(text, "modelbox_chunks_stored")).toBe(3);
  expect(sample(text, "modelbox_chunks_stored_bytes")).toBe(12);
  expect(sample(text, "modelbox_files_stored")).toBe(2);
  expect(sample(text, "modelbox_files_stored_bytes")).toBe(20);
  expect(text).not.toContain("modelbox_storage_bytes");
  expect(sample(text, 'modelbox_database_seconds_count{operation="read",outcome="ok"}')).toBe(1);
  expect(sample(text, 'modelbox_info{version="1.2.3"}')).toBe(1);
  expect(contentType).toStartWith("text/plain");
});

test("what files take shows once it was measured, and refusals of quotas are counted", async () => {
  const metrics = createMetrics(async () => undefined, "1.2.3");
  metrics.quotaRefused();
  const measured = { unusedBytes: 3, condemnedBytes: 4, deadPackBytes: 5, doomedBytes: 6 };
  metrics.storageMeasured({ ...measured, measuredAt: 1e6, used: { sizeBytes: 9, storedBytes: 1 } });
  metrics.storageMeasured({ ...measured, measuredAt: 2e6, used: { sizeBytes: 10, storedBytes: 2 } });
  const { text } = await metrics.scrape();
  metrics.close();
  const states = ["used", "unused", "condemned", "dead_pack", "doomed"];
  expect(states.map((state) => sample(text, `modelbox_storage_bytes{state="${state}"}`))).toEqual([
    2, 3, 4, 5, 6,
  ]);
  expect(sample(text, "modelbox_storage_distinct_bytes")).toBe(10);
  expect(sample(text, "modelbox_storage_measured_timestamp_seconds")).toBe(2);
  expect(sample(text, "modelbox_quota_refusals_total")).toBe(1);
});

test("the process is measured anew with every scrape", async () => {
  const metrics = createMetrics(async () => undefined, "1.2.3");
  const first = await metrics.scrape();
  const busyUntil = performance.now() + 60;
  while (performance.now() < busyUntil);
  const second = await metrics.scrape();
  metrics.close();
  expect(sample(second.text, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
  const cpu = [first, second].map(({ text }) => sample(text, "process_cpu_seconds_total") ?? 0);
  expect(cpu[1]).toBeGreaterThan(cpu[0] ?? Infinity);
  expect(second.text).toContain("# TYPE process_cpu_seconds_total counter");
  expect(sample(second.text, "modelbox_event_loop_lag_max_seconds")).toBeGreaterThanOrEqual(0);
  const started = sample(second.text, "process_start_time_seconds") ?? 0;
  expect(Math.abs(Date.now() / 1000 - started)).toBeLessThan(3600);
});
