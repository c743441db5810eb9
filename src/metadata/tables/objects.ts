import type { ColumnKit } from "../kits/sqlite.ts";
import {
  MAX_NAME_LENGTH,
  MAX_OWNER_LENGTH,
  MAX_SHORT_TEXT_LENGTH,
  MAX_TITLE_LENGTH,
} from "../../domain/limits.ts";
import { ACTOR_LENGTH } from "./lengths.ts";

/** The objects that have names, and the tags of versions. */
export function objectTables(kit: ColumnKit) {
  const { table, index, uniqueIndex, foreignKey } = kit;
  const name = () => kit.text(MAX_NAME_LENGTH).notNull();
  const versioned = () => ({
    revision: kit.whole().notNull(),
    createdAt: kit.whole().notNull(),
    updatedAt: kit.whole().notNull(),
    fingerprint: kit.text(64).notNull(),
  });

  const namespaces = table(
    "namespaces",
    {
      id: kit.id().primaryKey(),
      name: name(),
      owner: kit.text(MAX_OWNER_LENGTH).notNull(),
      description: kit.longText().notNull(),
      /** Null for none. */
      quotaBytes: kit.whole(),
      ...versioned(),
    },
    (t) => [
      uniqueIndex("namespaces_name").on(t.name),
      index("namespaces_created").on(t.createdAt, t.id),
      index("namespaces_updated").on(t.updatedAt, t.id),
    ],
  );

  const experiments = table(
    "experiments",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      name: name(),
      owner: kit.text(MAX_OWNER_LENGTH).notNull(),
      /** Null when there is none: only real ones are unique. */
      externalId: kit.text(MAX_OWNER_LENGTH),
      framework: kit.text(MAX_SHORT_TEXT_LENGTH).notNull(),
      description: kit.longText().notNull(),
      latestCheckpointId: kit.id().notNull(),
      ...versioned(),
    },
    (t) => [
      foreignKey({
        name: "experiments_namespace",
        columns: [t.namespaceId],
        foreignColumns: [namespaces.id],
      }),
      uniqueIndex("experiments_name").on(t.namespaceId, t.name),
      uniqueIndex("experiments_external_id").on(t.namespaceId, t.externalId),
      index("experiments_created").on(t.namespaceId, t.createdAt, t.id),
      index("experiments_updated").on(t.namespaceId, t.updatedAt, t.id),
    ],
  );

  const checkpoints = table(
    "checkpoints",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      experimentId: kit.id().notNull(),
      name: name(),
      step: kit.big().notNull(),
      epoch: kit.big(),
      ...versioned(),
    },
    (t) => [
      foreignKey({
        name: "checkpoints_experiment",
        columns: [t.experimentId],
        foreignColumns: [experiments.id],
      }),
      uniqueIndex("checkpoints_name").on(t.experimentId, t.name),
      index("checkpoints_created").on(t.experimentId, t.createdAt, t.id),
      index("checkpoints_updated").on(t.experimentId, t.updatedAt, t.id),
      index("checkpoints_step").on(t.experimentId, t.step, t.id),
      index("checkpoints_namespace_name").on(t.namespaceId, t.name, t.id),
      index("checkpoints_namespace_created").on(t.namespaceId, t.createdAt, t.id),
      index("checkpoints_namespace_updated").on(t.namespaceId, t.updatedAt, t.id),
      index("checkpoints_namespace_step").on(t.namespaceId, t.step, t.id),
    ],
  );

  const models = table(
    "models",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      name: name(),
      owner: kit.text(MAX_OWNER_LENGTH).notNull(),
      task: kit.text(MAX_SHORT_TEXT_LENGTH).notNull(),
      description: kit.longText().notNull(),
      latestVersion: kit.text(MAX_NAME_LENGTH).notNull(),
      lastNumber: kit.whole().notNull(),
      ...versioned(),
    },
    (t) => [
      foreignKey({ name: "models_namespace", columns: [t.namespaceId], foreignColumns: [namespaces.id] }),
      uniqueIndex("models_name").on(t.namespaceId, t.name),
      index("models_created").on(t.namespaceId, t.createdAt, t.id),
      index("models_updated").on(t.namespaceId, t.updatedAt, t.id),
    ],
  );

  const versions = table(
    "versions",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      modelId: kit.id().notNull(),
      version: name(),
      name: kit.text(MAX_TITLE_LENGTH).notNull(),
      description: kit.longText().notNull(),
      framework: kit.text(MAX_SHORT_TEXT_LENGTH).notNull(),
      checkpointId: kit.id().notNull(),
      experimentId: kit.id().notNull(),
      ...versioned(),
    },
    (t) => [
      foreignKey({ name: "versions_model", columns: [t.modelId], foreignColumns: [models.id] }),
      uniqueIndex("versions_version").on(t.modelId, t.version),
      index("versions_created").on(t.modelId, t.createdAt, t.id),
      index("versions_updated").on(t.modelId, t.updatedAt, t.id),
      index("versions_namespace_version").on(t.namespaceId, t.version, t.id),
      index("versions_namespace_created").on(t.namespaceId, t.createdAt, t.id),
      index("versions_namespace_updated").on(t.namespaceId, t.updatedAt, t.id),
    ],
  );

  const tagAssignments = table(
    "tag_assignments",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      modelId: kit.id().notNull(),
      tag: name(),
      /** The tag while it is assigned, else null: unique in the model. */
      currentTag: kit.text(MAX_NAME_LENGTH),
      versionId: kit.id().notNull(),
      version: name(),
      versionCreatedAt: kit.whole().notNull(),
      actor: kit.text(ACTOR_LENGTH).notNull(),
      setAt: kit.whole().notNull(),
      unsetAt: kit.whole(),
    },
    (t) => [
      uniqueIndex("tag_assignments_current").on(t.modelId, t.currentTag),
      index("tag_assignments_namespace").on(t.namespaceId, t.currentTag, t.versionCreatedAt, t.versionId),
      index("tag_assignments_version").on(t.versionId, t.currentTag),
      index("tag_assignments_model_history").on(t.modelId, t.setAt, t.id),
      index("tag_assignments_tag_history").on(t.modelId, t.tag, t.setAt, t.id),
    ],
  );

  return { namespaces, experiments, checkpoints, models, versions, tagAssignments };
}
