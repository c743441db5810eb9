import type { Artifact, Event, LabelledKind, Versioned } from "../../domain/entities.ts";
import { artifactOf } from "../repositories/artifact-rows.ts";
import type { ObjectSpec } from "../repositories/object-specs.ts";
import type { Tables } from "../tables.ts";
import type { FieldSpec, ListSpec } from "./spec.ts";

type Fields = Record<string, FieldSpec>;

/** How objects of one kind are listed. */
export function objectListSpec<E extends Versioned>(spec: ObjectSpec<E>, tables: Tables): ListSpec<E> {
  const fields = fieldsOf(spec.kind, tables);
  return {
    subject: `${spec.subject}s`,
    table: spec.table,
    id: spec.table.id,
    created: created(fields, "created_at"),
    parent: spec.parent,
    namespace: spec.namespace,
    fields,
    labelled: spec.kind,
    metrics: true,
    tagged: spec.kind === "version" || spec.kind === "model" ? spec.kind : undefined,
    fromRow: (row) => spec.fromRow(row),
  };
}

/** How artifacts are listed. */
export function artifactListSpec({ artifacts }: Tables): ListSpec<Artifact> {
  const fields: Fields = {
    id: { column: artifacts.id, type: "id" },
    name: { column: artifacts.name, type: "text", orderable: true, unique: true },
    file_count: { column: artifacts.fileCount, type: "whole" },
    size_bytes: { column: artifacts.sizeBytes, type: "whole" },
    created_at: { column: artifacts.createdAt, type: "time", orderable: true },
  };
  return {
    subject: "artifacts",
    table: artifacts,
    id: artifacts.id,
    created: created(fields, "created_at"),
    parent: artifacts.objectId,
    namespace: artifacts.namespaceId,
    fields,
    labelled: undefined,
    metrics: false,
    tagged: undefined,
    fromRow: (row) => artifactOf(row as Parameters<typeof artifactOf>[0]),
  };
}

/** How events are listed. */
export function eventListSpec({ events }: Tables): ListSpec<Event> {
  const fields: Fields = {
    name: { column: events.name, type: "text" },
    source: { column: events.source, type: "text" },
    time: { column: events.time, type: "time", orderable: true },
  };
  return {
    subject: "events",
    table: events,
    id: events.id,
    created: created(fields, "time"),
    parent: events.objectId,
    namespace: events.namespaceId,
    fields,
    labelled: undefined,
    metrics: false,
    tagged: undefined,
    fromRow: (row) =>
      ({ ...row, data: JSON.parse(String(row["data"])) as Event["data"] }) as unknown as Event,
  };
}

function fieldsOf(kind: LabelledKind, tables: Tables): Fields {
  const { namespaces, experiments, checkpoints, models, versions } = tables;
  switch (kind) {
    case "namespace":
      return {
        id: { column: namespaces.id, type: "id" },
        name: { column: namespaces.name, type: "text", orderable: true, unique: true },
        owner: { column: namespaces.owner, type: "text" },
        description: { column: namespaces.description, type: "text" },
        ...times(namespaces),
      };
    case "experiment":
      return {
        id: { column: experiments.id, type: "id" },
        name: { column: experiments.name, type: "text", orderable: true, unique: true },
        owner: { column: experiments.owner, type: "text" },
        external_id: { column: experiments.externalId, type: "text", nullable: true, indexed: "always" },
        framework: { column: experiments.framework, type: "text" },
        description: { column: experiments.description, type: "text" },
        ...times(experiments),
      };
    case "checkpoint":
      return {
        id: { column: checkpoints.id, type: "id" },
        name: { column: checkpoints.name, type: "text", orderable: true, unique: true },
        step: { column: checkpoints.step, type: "big", orderable: true },
        epoch: { column: checkpoints.epoch, type: "big", nullable: true },
        ...times(checkpoints),
      };
    case "model":
      return {
        id: { column: models.id, type: "id" },
        name: { column: models.name, type: "text", orderable: true, unique: true },
        owner: { column: models.owner, type: "text" },
        task: { column: models.task, type: "text" },
        description: { column: models.description, type: "text" },
        ...times(models),
      };
    case "version":
      return {
        id: { column: versions.id, type: "id" },
        version: { column: versions.version, type: "text", orderable: true, unique: true },
        name: { column: versions.name, type: "text" },
        framework: { column: versions.framework, type: "text" },
        description: { column: versions.description, type: "text" },
        checkpoint_id: { column: versions.checkpointId, type: "id" },
        experiment_id: { column: versions.experimentId, type: "id" },
        ...times(versions),
      };
  }
}

function times(table: {
  readonly createdAt: FieldSpec["column"];
  readonly updatedAt: FieldSpec["column"];
}): Fields {
  return {
    created_at: { column: table.createdAt, type: "time", orderable: true },
    updated_at: { column: table.updatedAt, type: "time", orderable: true },
  };
}

function created(fields: Fields, name: string): FieldSpec {
  const field = fields[name];
  if (field === undefined) throw new TypeError(`there is no field ${name}`);
  return field;
}
