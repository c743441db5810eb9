import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { MetricValue } from "../../gen/modelbox/v1/common_pb.ts";

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const MAX_SHOWN_DATA_BYTES = 32;

/** A size for people: `0 B`, `1.5 KiB`, `86.7 MiB`. An unknown size, which the API gives as -1, is empty. */
export function formatBytes(bytes: bigint | number): string {
  let value = Number(bytes);
  if (value < 0) return "";
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${BYTE_UNITS[unit] ?? "B"}`;
}

/** A size with the exact number behind it. */
export function formatBytesExactly(bytes: bigint | number): string {
  return Number(bytes) < 1024 ? formatBytes(bytes) : `${formatBytes(bytes)} (${bytes} bytes)`;
}

/** `2026-11-23T12:33:01Z`; empty when it is not set. */
export function formatTime(time: Timestamp | undefined): string {
  if (!time) return "";
  return `${new Date(Number(time.seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-23T12:33:01.000123Z`; empty when it is not set. */
export function formatTimeExactly(time: Timestamp | undefined): string {
  if (!time) return "";
  const micros = String(Math.floor(time.nanos / 1000)).padStart(6, "0");
  return `${formatTime(time).slice(0, -1)}.${micros}Z`;
}

/** `4s`, `3m 20s`, `2h 5m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** A metric's value: a number, text, or bytes in hexadecimal. */
export function formatMetric(metric: MetricValue | undefined): string {
  const value = metric?.value;
  switch (value?.case) {
    case "number":
      return String(value.value);
    case "text":
      return JSON.stringify(value.value);
    case "data": {
      const shown = Buffer.from(value.value.subarray(0, MAX_SHOWN_DATA_BYTES)).toString("hex");
      return `0x${shown}${value.value.length > MAX_SHOWN_DATA_BYTES ? "…" : ""}`;
    }
    case undefined:
      return "";
  }
}
