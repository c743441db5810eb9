import type { Labels, Model, Namespace } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import type { ModelView } from "../../domain/views.ts";
import { clash } from "../clash.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { insertLabels } from "../labels/insert.ts";
import { linkExperimentToModel } from "../lineage/automatic.ts";
import { mutate, type Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { ensureNamespace } from "../references/ensure-namespace.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveExperiment } from "../references/resolve.ts";
import { modelView } from "../views/models.ts";

export interface CreateModelInput {
  /** Id or name; a name that is not there yet is created. */
  readonly namespace: string;
  readonly name: string;
  readonly owner: string;
  readonly task: string;
  readonly description: string;
  readonly labels: Labels;
  /** The lineage links it to the model. */
  readonly experiment: ChildReference | undefined;
  readonly requestId: string;
}

/** Creates a model, or returns the one that was created with the same fields. */
export function createModel(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: CreateModelInput,
): Promise<{ model: ModelView; exists: boolean }> {
  const call = { method: "CreateModel", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const namespace = await ensureNamespace(mutation, input.namespace, input.owner);
    const source = input.experiment && (await resolveExperiment(tx, caller, input.experiment));
    const { namespace: _namespace, name, ...fields } = input;
    const fingerprint = fingerprintOf({ ...fields, experiment: source?.experiment.id });
    const found = await tx.models.findByName(namespace.id, name);
    if (found === undefined) {
      const model = await addModel(mutation, namespace, input, fingerprint);
      if (source !== undefined)
        await linkExperimentToModel(mutation, source, { kind: "model", namespace, model });
      return { model, exists: false };
    }
    const view = await modelView(tx, { kind: "model", namespace, model: found });
    if (found.fingerprint !== fingerprint) throw clash("model", `${namespace.name}/${name}`, view, fields);
    return { model: view, exists: true };
  });
}

async function addModel(
  mutation: Mutation,
  namespace: Namespace,
  { name, owner, task, description, labels }: Omit<CreateModelInput, "requestId">,
  fingerprint: string,
): Promise<ModelView> {
  const model: Model = {
    id: newId(),
    namespaceId: namespace.id,
    name,
    owner,
    task,
    description,
    latestVersion: "",
    lastNumber: 0,
    revision: 1,
    createdAt: mutation.now,
    updatedAt: mutation.now,
    fingerprint,
  };
  await mutation.tx.models.insert(model);
  await insertLabels(mutation.tx, { kind: "model", namespace, model }, labels);
  const view = { ...model, path: `${namespace.name}/${name}`, labels, tags: {} };
  await recordObject(mutation, "created", { type: "model", value: view });
  return view;
}
