import type { MetricPoint } from "../../domain/entities.ts";
import { DEFAULT_POINT_PAGE_SIZE, MAX_PAGE_BYTES, MAX_POINT_PAGE_SIZE } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { canonicalText } from "../fingerprint.ts";
import { decodePageToken, encodePageToken, pageLimit } from "../paging.ts";
import { roughBytes } from "../rough-bytes.ts";
import { idOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

/** Points that are read at once: each can hold a long text. */
const POINT_BATCH = 1_000;

export interface ListMetricPointsInput {
  readonly object: ObjectReference;
  /** Undefined for all keys. */
  readonly key: string | undefined;
  readonly minStep: bigint | undefined;
  readonly maxStep: bigint | undefined;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Points by key and step. */
export function listMetricPoints(
  context: ServiceContext,
  caller: Caller,
  { object, key, minStep, maxStep, pageSize, pageToken }: ListMetricPointsInput,
): Promise<{ points: readonly MetricPoint[]; nextPageToken: string }> {
  return context.metadata.read(async (tx) => {
    const objectId = idOf(requireLabelled(await resolveObject(tx, caller, object)));
    const query = canonicalText([
      "ListMetricPoints",
      objectId,
      key ?? null,
      minStep ?? null,
      maxStep ?? null,
    ]);
    const after = decodePageToken(query, pageToken, isPointPosition);
    const limit = pageLimit(pageSize, DEFAULT_POINT_PAGE_SIZE, MAX_POINT_PAGE_SIZE);
    const points = await readPoints(tx, { objectId, key, minStep, maxStep, after }, limit);
    const last = points.at(-1);
    if (last === undefined) return { points, nextPageToken: "" };
    const position = { key: last.key, step: last.step };
    const [following] = await tx.metrics.points({
      objectId,
      key,
      minStep,
      maxStep,
      after: position,
      limit: 1,
    });
    return { points, nextPageToken: following === undefined ? "" : encodePageToken(query, position) };
  });
}

/** Up to `limit` points; fewer when they get larger than a page may be, and at least one. */
async function readPoints(
  tx: MetadataReader,
  query: Omit<Parameters<MetadataReader["metrics"]["points"]>[0], "limit">,
  limit: number,
): Promise<readonly MetricPoint[]> {
  const points: MetricPoint[] = [];
  let bytes = 0;
  for (;;) {
    const wanted = Math.min(POINT_BATCH, limit - points.length);
    const found = await tx.metrics.points({ ...query, after: points.at(-1) ?? query.after, limit: wanted });
    for (const point of found) {
      bytes += roughBytes(point);
      if (bytes > MAX_PAGE_BYTES && points.length > 0) return points;
      points.push(point);
    }
    if (found.length < wanted || points.length === limit) return points;
  }
}

function isPointPosition(position: unknown): position is { readonly key: string; readonly step: bigint } {
  if (typeof position !== "object" || position === null) return false;
  const { key, step } = position as { readonly key?: unknown; readonly step?: unknown };
  return typeof key === "string" && typeof step === "bigint";
}
