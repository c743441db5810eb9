import type { ColumnKit } from "../kits/sqlite.ts";
import {
  MAX_LABEL_KEY_LENGTH,
  MAX_METRIC_KEY_LENGTH,
  MAX_NAME_LENGTH,
  MAX_OWNER_LENGTH,
  MAX_SHORT_TEXT_LENGTH,
} from "../../domain/limits.ts";
import { MATCH_KEY_LENGTH } from "../list/match-key.ts";
import { KIND_LENGTH } from "./lengths.ts";

/** What is said about objects: labels, metrics, events and lineage. */
export function attributeTables(kit: ColumnKit) {
  const { table, index, uniqueIndex, primaryKey } = kit;
  /** Which object a row is about, as far as lists need it. */
  const owner = () => ({
    objectId: kit.id().notNull(),
    kind: kit.text(KIND_LENGTH).notNull(),
    namespaceId: kit.id().notNull(),
    parentId: kit.id().notNull(),
    objectCreatedAt: kit.whole().notNull(),
  });

  const labels = table(
    "labels",
    {
      ...owner(),
      key: kit.text(MAX_LABEL_KEY_LENGTH).notNull(),
      valueType: kit.text(KIND_LENGTH).notNull(),
      /** A text label as it is; any other as JSON. */
      value: kit.longText().notNull(),
      matchKey: kit.text(MATCH_KEY_LENGTH).notNull(),
    },
    (t) => [
      primaryKey({ name: "labels_object", columns: [t.objectId, t.key] }),
      index("labels_parent").on(t.parentId, t.kind, t.key, t.matchKey, t.objectCreatedAt, t.objectId),
      index("labels_namespace").on(t.namespaceId, t.kind, t.key, t.matchKey, t.objectCreatedAt, t.objectId),
    ],
  );

  const metricValue = () => ({
    valueType: kit.text(KIND_LENGTH).notNull(),
    /** A finite double; what a database can't hold as one is told by the type. */
    numberValue: kit.double(),
    textValue: kit.longText(),
    bytesValue: kit.bytes(),
  });

  /** One row per object and key, with the point at the highest step. */
  const metricSeries = table(
    "metric_series",
    {
      id: kit.autoId(),
      ...owner(),
      key: kit.text(MAX_METRIC_KEY_LENGTH).notNull(),
      step: kit.big().notNull(),
      wallTime: kit.whole().notNull(),
      ...metricValue(),
      matchKey: kit.text(MATCH_KEY_LENGTH).notNull(),
    },
    (t) => [
      uniqueIndex("metric_series_object").on(t.objectId, t.key),
      index("metric_series_parent").on(t.parentId, t.kind, t.key, t.matchKey, t.objectId, t.objectCreatedAt),
      index("metric_series_namespace").on(
        t.namespaceId,
        t.kind,
        t.key,
        t.matchKey,
        t.objectId,
        t.objectCreatedAt,
      ),
    ],
  );

  const metricPoints = table(
    "metric_points",
    {
      seriesId: kit.whole().notNull(),
      step: kit.big().notNull(),
      wallTime: kit.whole().notNull(),
      ...metricValue(),
    },
    (t) => [primaryKey({ name: "metric_points_step", columns: [t.seriesId, t.step] })],
  );

  const events = table(
    "events",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      objectKind: kit.text(KIND_LENGTH).notNull(),
      objectId: kit.id().notNull(),
      name: kit.text(MAX_SHORT_TEXT_LENGTH).notNull(),
      source: kit.text(MAX_OWNER_LENGTH).notNull(),
      time: kit.whole().notNull(),
      data: kit.longText().notNull(),
    },
    (t) => [
      index("events_object").on(t.objectId, t.time, t.id),
      index("events_namespace").on(t.namespaceId, t.time, t.id),
    ],
  );

  /** Nodes can be long; their digests are what is indexed. */
  const lineageEdges = table(
    "lineage_edges",
    {
      digest: kit.digest().primaryKey(),
      namespaceId: kit.id().notNull(),
      source: kit.longText().notNull(),
      sourceDigest: kit.digest().notNull(),
      target: kit.longText().notNull(),
      targetDigest: kit.digest().notNull(),
      relation: kit.text(MAX_NAME_LENGTH).notNull(),
      createdAt: kit.whole().notNull(),
    },
    (t) => [
      index("lineage_edges_source").on(t.namespaceId, t.sourceDigest),
      index("lineage_edges_target").on(t.namespaceId, t.targetDigest),
    ],
  );

  return { labels, metricSeries, metricPoints, events, lineageEdges };
}
