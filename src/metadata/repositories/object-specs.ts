import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type {
  Checkpoint,
  Experiment,
  LabelledKind,
  Model,
  ModelVersion,
  Namespace,
  Versioned,
} from "../../domain/entities.ts";
import type { Tables } from "../tables.ts";

/** A row as the database gives it and takes it. */
export type Row = Record<string, unknown>;

/** What a table of named objects has at least. */
export interface ObjectTable extends SQLiteTable {
  readonly id: Column;
  readonly revision: Column;
  readonly createdAt: Column;
  readonly updatedAt: Column;
}

/** How objects of one kind are kept: what one repository needs to serve all of them. */
export interface ObjectSpec<E extends Versioned> {
  readonly kind: LabelledKind;
  /** For messages. */
  readonly subject: string;
  readonly table: ObjectTable;
  /** Undefined for namespaces. */
  readonly parent: Column | undefined;
  /** Undefined for namespaces. */
  readonly namespace: Column | undefined;
  readonly name: Column;
  nameOf(entity: E): string;
  toRow(entity: E): Row;
  fromRow(row: Row): E;
}

type Specs = {
  readonly namespaces: ObjectSpec<Namespace>;
  readonly experiments: ObjectSpec<Experiment>;
  readonly checkpoints: ObjectSpec<Checkpoint>;
  readonly models: ObjectSpec<Model>;
  readonly versions: ObjectSpec<ModelVersion>;
};

const built = new WeakMap<Tables, Specs>();

/** The kinds of named objects of a schema. */
export function objectSpecs(tables: Tables): Specs {
  let specs = built.get(tables);
  if (specs === undefined) {
    specs = buildSpecs(tables);
    built.set(tables, specs);
  }
  return specs;
}

function buildSpecs({ namespaces, experiments, checkpoints, models, versions }: Tables): Specs {
  return {
    namespaces: {
      kind: "namespace",
      subject: "namespace",
      table: namespaces,
      parent: undefined,
      namespace: undefined,
      name: namespaces.name,
      nameOf: (entity) => entity.name,
      toRow: (entity) => ({ ...entity }),
      fromRow: (row) => row as unknown as Namespace,
    },
    experiments: {
      kind: "experiment",
      subject: "experiment",
      table: experiments,
      parent: experiments.namespaceId,
      namespace: experiments.namespaceId,
      name: experiments.name,
      nameOf: (entity) => entity.name,
      toRow: (entity) => ({ ...entity, externalId: entity.externalId === "" ? null : entity.externalId }),
      fromRow: (row) => ({ ...row, externalId: row["externalId"] ?? "" }) as unknown as Experiment,
    },
    checkpoints: {
      kind: "checkpoint",
      subject: "checkpoint",
      table: checkpoints,
      parent: checkpoints.experimentId,
      namespace: checkpoints.namespaceId,
      name: checkpoints.name,
      nameOf: (entity) => entity.name,
      toRow: (entity) => ({ ...entity, epoch: entity.epoch ?? null }),
      fromRow: (row) => ({ ...row, epoch: row["epoch"] ?? undefined }) as unknown as Checkpoint,
    },
    models: {
      kind: "model",
      subject: "model",
      table: models,
      parent: models.namespaceId,
      namespace: models.namespaceId,
      name: models.name,
      nameOf: (entity) => entity.name,
      toRow: (entity) => ({ ...entity }),
      fromRow: (row) => row as unknown as Model,
    },
    versions: {
      kind: "version",
      subject: "version",
      table: versions,
      parent: versions.modelId,
      namespace: versions.namespaceId,
      name: versions.version,
      nameOf: (entity) => entity.version,
      toRow: (entity) => ({ ...entity }),
      fromRow: (row) => row as unknown as ModelVersion,
    },
  };
}
