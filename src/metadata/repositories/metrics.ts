import { and, asc, eq, gte, lte, sql } from "drizzle-orm";
import type { MetricPoint, MetricValue } from "../../domain/entities.ts";
import type { MetricReader, MetricWriter, ObjectKey } from "../../domain/metadata-store.ts";
import type { MetricSummary } from "../../domain/views.ts";
import { compareBytes } from "../list/compare-bytes.ts";
import { metricKey } from "../list/match-key.ts";
import type { Session } from "../session.ts";
import { loadValue, storeValue } from "./metric-values.ts";
import { objectCreatedAt } from "./object-owner.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

type PointsQuery = Parameters<MetricReader["points"]>[0];
type Series = Pick<Session["tables"]["metricSeries"]["$inferSelect"], "id" | "key" | "step">;

/** Points whose removal one statement takes on at most: others get a turn between statements. */
const DELETE_SERIES_PER_STATEMENT = 16;
const OBJECTS_PER_QUERY = 256;
const MIN_STEP = -(2n ** 63n);
const MAX_STEP = 2n ** 63n - 1n;

/** Metric points, and for each series the point at the highest step. */
export class MetricRepository implements MetricWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async latestMany(
    objectIds: readonly string[],
    maxKeys: number,
  ): Promise<ReadonlyMap<string, MetricSummary>> {
    const { builder, tables } = this.#session;
    const { metricSeries: series } = tables;
    const columns = {
      objectId: series.objectId,
      key: series.key,
      valueType: series.valueType,
      numberValue: series.numberValue,
      textValue: series.textValue,
      bytesValue: series.bytesValue,
    };
    const found = new Map<string, Record<string, MetricValue>>();
    const unique = [...new Set(objectIds)];
    for (let begin = 0; begin < unique.length; begin += OBJECTS_PER_QUERY) {
      const group = unique.slice(begin, begin + OBJECTS_PER_QUERY);
      const limit = group.length * maxKeys;
      const build = (size: number) =>
        builder
          .select(columns)
          .from(series)
          .where(inSlots(series.objectId, size))
          .orderBy(series.objectId, series.key)
          .limit(sql.placeholder("limit"));
      const read = async (ids: readonly string[], most: number) =>
        (await forKeys(this.#session, "metrics.latestMany", ids, build, { limit: most })).flat();
      let rows = await read(group, limit);
      // Cut off: an object with more keys than asked for has taken the place of others. Now one by one.
      if (rows.length >= limit) rows = (await Promise.all(group.map((id) => read([id], maxKeys)))).flat();
      for (const { objectId, key, ...stored } of rows) {
        let own = found.get(objectId);
        if (own === undefined)
          found.set(objectId, (own = Object.create(null) as Record<string, MetricValue>));
        own[key] = loadValue(stored);
      }
    }
    return found;
  }

  async latest(objectId: string, keys: readonly string[], limit: number): Promise<readonly MetricPoint[]> {
    const { builder, tables } = this.#session;
    const { metricSeries: series } = tables;
    const own = () => eq(series.objectId, slot(series.objectId, "objectId"));
    if (keys.length === 0) {
      const build = () =>
        builder.select().from(series).where(own()).orderBy(series.key).limit(sql.placeholder("limit"));
      const rows = await this.#session.prepared("metrics.latestAll", build, { objectId, limit });
      return rows.map(pointOf);
    }
    const build = (size: number) =>
      builder
        .select()
        .from(series)
        .where(and(own(), inSlots(series.key, size)));
    const pages = await forKeys(this.#session, "metrics.latest", keys, build, { objectId });
    const points = pages.flat().map(pointOf);
    return points.toSorted((a, b) => compareBytes(a.key, b.key)).slice(0, limit);
  }

  async points(query: PointsQuery): Promise<readonly MetricPoint[]> {
    const points: MetricPoint[] = [];
    const { after, minStep = MIN_STEP, maxStep = MAX_STEP, limit } = query;
    for (const series of await this.#seriesFrom(query)) {
      if (points.length >= limit) break;
      const resumes = after !== undefined && after.key === series.key && after.step >= minStep;
      if (resumes && after.step >= maxStep) continue;
      const values = { seriesId: series.id, minStep: resumes ? after.step + 1n : minStep, maxStep };
      points.push(...(await this.#pointsOf(series.key, { ...values, limit: limit - points.length })));
    }
    return points;
  }

  async log(object: ObjectKey, points: readonly MetricPoint[]): Promise<void> {
    if (points.length === 0) return;
    const latest = new Map<string, MetricPoint>();
    const distinct = new Map<string, MetricPoint>();
    for (const point of points) {
      distinct.set(`${point.step}/${point.key}`, point);
      const known = latest.get(point.key);
      if (known === undefined || point.step >= known.step) latest.set(point.key, point);
    }
    const series = await this.#seriesFor(object, latest);
    const { metricPoints } = this.#session.tables;
    const rows = [...distinct.values()].map((point) => ({
      seriesId: series.get(point.key)?.id,
      step: point.step,
      wallTime: point.wallTime,
      ...storeValue(point.value),
    }));
    await insertRows(this.#session, "metrics.points", metricPoints, rows, {
      type: "upsert",
      key: [metricPoints.seriesId, metricPoints.step],
      columns: [
        metricPoints.wallTime,
        metricPoints.valueType,
        metricPoints.numberValue,
        metricPoints.textValue,
        metricPoints.bytesValue,
      ],
    });
  }

  /** Removes all that an object has. */
  async deleteAll(objectId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { metricSeries: series, metricPoints } = tables;
    const own = () => eq(series.objectId, slot(series.objectId, "objectId"));
    const find = () => builder.select({ id: series.id }).from(series).where(own());
    const rows = await this.#session.prepared("metrics.seriesIds", find, { objectId });
    if (rows.length === 0) return;
    for (let begin = 0; begin < rows.length; begin += DELETE_SERIES_PER_STATEMENT) {
      const ids = rows.slice(begin, begin + DELETE_SERIES_PER_STATEMENT).map((row) => row.id);
      const build = (size: number) =>
        builder.delete(metricPoints).where(inSlots(metricPoints.seriesId, size));
      await forKeys(this.#session, "metrics.deletePoints", ids, build);
    }
    await this.#session.prepared("metrics.deleteSeries", () => builder.delete(series).where(own()), {
      objectId,
    });
  }

  /** The series of the latest points, made where they are missing and brought up to date. */
  async #seriesFor(
    object: ObjectKey,
    latest: ReadonlyMap<string, MetricPoint>,
  ): Promise<ReadonlyMap<string, Series>> {
    const { metricSeries } = this.#session.tables;
    const keys = [...latest.keys()];
    const known = await this.#findSeries(object.id, keys);
    const stale = [...latest.values()].filter((point) => {
      const series = known.get(point.key);
      return series === undefined || point.step >= series.step;
    });
    if (stale.length === 0) return known;
    const createdAt = await objectCreatedAt(this.#session, object);
    const rows = stale.map((point) => ({
      objectId: object.id,
      kind: object.kind,
      namespaceId: object.namespaceId,
      parentId: object.parentId,
      objectCreatedAt: createdAt,
      key: point.key,
      step: point.step,
      wallTime: point.wallTime,
      ...storeValue(point.value),
      matchKey: metricKey(point.value),
    }));
    await insertRows(this.#session, "metrics.series", metricSeries, rows, {
      type: "upsert",
      key: [metricSeries.objectId, metricSeries.key],
      columns: [
        metricSeries.step,
        metricSeries.wallTime,
        metricSeries.valueType,
        metricSeries.numberValue,
        metricSeries.textValue,
        metricSeries.bytesValue,
        metricSeries.matchKey,
      ],
    });
    const missing = keys.filter((key) => !known.has(key));
    if (missing.length === 0) return known;
    return new Map([...known, ...(await this.#findSeries(object.id, missing))]);
  }

  async #findSeries(objectId: string, keys: readonly string[]): Promise<Map<string, Series>> {
    const { builder, tables } = this.#session;
    const { metricSeries: series } = tables;
    const columns = { id: series.id, key: series.key, step: series.step };
    const build = (size: number) =>
      builder
        .select(columns)
        .from(series)
        .where(and(eq(series.objectId, slot(series.objectId, "objectId")), inSlots(series.key, size)));
    const pages = await forKeys(this.#session, "metrics.findSeries", keys, build, { objectId });
    return new Map(pages.flat().map((row) => [row.key, row]));
  }

  async #seriesFrom(query: PointsQuery): Promise<readonly Series[]> {
    const { builder, tables } = this.#session;
    const { metricSeries: series } = tables;
    const from = query.after?.key;
    const find = builder
      .select({ id: series.id, key: series.key, step: series.step })
      .from(series)
      .where(
        and(
          eq(series.objectId, query.objectId),
          query.key === undefined ? undefined : eq(series.key, query.key),
          from === undefined ? undefined : gte(series.key, from),
        ),
      )
      .orderBy(asc(series.key))
      .limit(query.limit);
    return await this.#session.run(find);
  }

  async #pointsOf(key: string, values: Record<string, unknown>): Promise<readonly MetricPoint[]> {
    const { builder, tables } = this.#session;
    const { metricPoints: points } = tables;
    const build = () =>
      builder
        .select()
        .from(points)
        .where(
          and(
            eq(points.seriesId, slot(points.seriesId, "seriesId")),
            gte(points.step, slot(points.step, "minStep")),
            lte(points.step, slot(points.step, "maxStep")),
          ),
        )
        .orderBy(asc(points.step))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("metrics.pointsOf", build, values);
    return rows.map((row) => pointOf({ ...row, key }));
  }
}

function pointOf(row: {
  readonly key: string;
  readonly step: bigint;
  readonly wallTime: number;
  readonly valueType: string;
  readonly numberValue: number | null;
  readonly textValue: string | null;
  readonly bytesValue: Uint8Array | null;
}): MetricPoint {
  return { key: row.key, step: row.step, wallTime: row.wallTime, value: loadValue(row) };
}
