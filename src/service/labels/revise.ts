import type { MetadataReader } from "../../domain/metadata-store.ts";
import { nextRevision } from "../etag.ts";
import type { Mutation } from "../mutation.ts";
import type { ObjectState } from "../record.ts";
import type { LocatedLabelled } from "../references/located.ts";
import { checkpointView } from "../views/checkpoints.ts";
import { experimentView } from "../views/experiments.ts";
import { modelView } from "../views/models.ts";
import { namespaceView } from "../views/namespaces.ts";
import { versionView } from "../views/versions.ts";

/** Stores the next revision of an object whose own fields stay as they are. */
export async function reviseObject(
  { tx, now }: Mutation,
  located: LocatedLabelled,
): Promise<LocatedLabelled> {
  switch (located.kind) {
    case "namespace": {
      const namespace = nextRevision(located.namespace, {}, now);
      await tx.namespaces.update(namespace);
      return { ...located, namespace };
    }
    case "experiment": {
      const experiment = nextRevision(located.experiment, {}, now);
      await tx.experiments.update(experiment);
      return { ...located, experiment };
    }
    case "checkpoint": {
      const checkpoint = nextRevision(located.checkpoint, {}, now);
      await tx.checkpoints.update(checkpoint);
      return { ...located, checkpoint };
    }
    case "model": {
      const model = nextRevision(located.model, {}, now);
      await tx.models.update(model);
      return { ...located, model };
    }
    case "version": {
      const version = nextRevision(located.version, {}, now);
      await tx.versions.update(version);
      return { ...located, version };
    }
  }
}

/** The object as its change row keeps it. */
export async function objectState(tx: MetadataReader, located: LocatedLabelled): Promise<ObjectState> {
  switch (located.kind) {
    case "namespace":
      return { type: "namespace", value: await namespaceView(tx, located.namespace) };
    case "experiment":
      return { type: "experiment", value: await experimentView(tx, located) };
    case "checkpoint":
      return { type: "checkpoint", value: await checkpointView(tx, located) };
    case "model":
      return { type: "model", value: await modelView(tx, located) };
    case "version":
      return { type: "version", value: await versionView(tx, located) };
  }
}
