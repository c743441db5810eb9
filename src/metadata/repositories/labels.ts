import { and, eq } from "drizzle-orm";
import type { JsonValue, Labels } from "../../domain/entities.ts";
import type { LabelWriter, ObjectKey } from "../../domain/metadata-store.ts";
import { labelKey } from "../list/match-key.ts";
import type { Session } from "../session.ts";
import { objectCreatedAt } from "./object-owner.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

/** The type of a label's value, as the filter language sees it. */
export type LabelType = "text" | "number" | "boolean" | "null" | "json";

/** Labels of all objects. */
export class LabelRepository implements LabelWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async getMany(objectIds: readonly string[]): Promise<ReadonlyMap<string, Labels>> {
    const { builder, tables } = this.#session;
    const { labels } = tables;
    const columns = {
      objectId: labels.objectId,
      key: labels.key,
      valueType: labels.valueType,
      value: labels.value,
    };
    const build = (size: number) =>
      builder
        .select(columns)
        .from(labels)
        .where(inSlots(labels.objectId, size))
        .orderBy(labels.objectId, labels.key);
    const pages = await forKeys(this.#session, "labels.getMany", objectIds, build);
    const found = new Map<string, Record<string, JsonValue>>();
    for (const { objectId, key, valueType, value } of pages.flat()) {
      let own = found.get(objectId);
      if (own === undefined) found.set(objectId, (own = emptyRecord()));
      own[key] = valueType === "text" ? value : (JSON.parse(value) as JsonValue);
    }
    return found;
  }

  async set(object: ObjectKey, labels: Readonly<Record<string, JsonValue>>): Promise<void> {
    const entries = Object.entries(labels);
    if (entries.length === 0) return;
    const { labels: table } = this.#session.tables;
    const owner = {
      objectId: object.id,
      kind: object.kind,
      namespaceId: object.namespaceId,
      parentId: object.parentId,
      objectCreatedAt: await objectCreatedAt(this.#session, object),
    };
    const rows = entries.map(([key, value]) => ({
      ...owner,
      key,
      valueType: labelType(value),
      value: typeof value === "string" ? value : JSON.stringify(value),
      matchKey: labelKey(value),
    }));
    await insertRows(this.#session, "labels.set", table, rows, {
      type: "upsert",
      key: [table.objectId, table.key],
      columns: [table.valueType, table.value, table.matchKey],
    });
  }

  async unset(objectId: string, keys: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { labels } = tables;
    const build = (size: number) =>
      builder
        .delete(labels)
        .where(and(eq(labels.objectId, slot(labels.objectId, "objectId")), inSlots(labels.key, size)));
    await forKeys(this.#session, "labels.unset", keys, build, { objectId });
  }
}

function labelType(value: JsonValue): LabelType {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "json";
}

/** Without a prototype: a label may be called "__proto__". */
function emptyRecord(): Record<string, JsonValue> {
  return Object.create(null) as Record<string, JsonValue>;
}
