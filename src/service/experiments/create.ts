import type { Experiment, Labels, Namespace } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ExperimentView } from "../../domain/views.ts";
import { clash } from "../clash.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { insertLabels } from "../labels/insert.ts";
import { mutate, type Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { ensureNamespace } from "../references/ensure-namespace.ts";
import { experimentView } from "../views/experiments.ts";

export interface CreateExperimentInput {
  /** Id or name; a name that is not there yet is created. */
  readonly namespace: string;
  readonly name: string;
  readonly owner: string;
  /** "" or unique in the namespace. */
  readonly externalId: string;
  readonly framework: string;
  readonly description: string;
  readonly labels: Labels;
  readonly requestId: string;
}

/** Creates an experiment, or returns the one that was created with the same fields. */
export function createExperiment(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: CreateExperimentInput,
): Promise<{ experiment: ExperimentView; exists: boolean }> {
  const call = { method: "CreateExperiment", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const namespace = await ensureNamespace(mutation, input.namespace, input.owner);
    const path = `${namespace.name}/${input.name}`;
    const { namespace: _namespace, name: _name, ...fields } = input;
    const fingerprint = fingerprintOf(fields);
    const found = await tx.experiments.findByName(namespace.id, input.name);
    if (found === undefined) {
      await requireFreeExternalId(tx, namespace, input.externalId);
      return { experiment: await addExperiment(mutation, namespace, input, fingerprint), exists: false };
    }
    const view = await experimentView(tx, { kind: "experiment", namespace, experiment: found });
    if (found.fingerprint !== fingerprint) throw clash("experiment", path, view, fields);
    return { experiment: view, exists: true };
  });
}

/** Throws "already_exists" when another experiment of the namespace has the run id. */
export async function requireFreeExternalId(
  tx: MetadataReader,
  namespace: { readonly id: string; readonly name: string },
  externalId: string,
): Promise<void> {
  if (externalId === "") return;
  const holder = await tx.experiments.findByExternalId(namespace.id, externalId);
  if (holder === undefined) return;
  const path = `${namespace.name}/${holder.name}`;
  throw new DomainError(
    "already_exists",
    "EXTERNAL_ID_TAKEN",
    `Experiment "${path}" has the external id "${externalId}" already; use that experiment, or another external id.`,
    { metadata: { kind: "experiment", name: path, external_id: externalId } },
  );
}

async function addExperiment(
  mutation: Mutation,
  namespace: Namespace,
  input: Omit<CreateExperimentInput, "requestId">,
  fingerprint: string,
): Promise<ExperimentView> {
  const { name, owner, externalId, framework, description, labels } = input;
  const experiment: Experiment = {
    id: newId(),
    namespaceId: namespace.id,
    name,
    owner,
    externalId,
    framework,
    description,
    latestCheckpointId: "",
    revision: 1,
    createdAt: mutation.now,
    updatedAt: mutation.now,
    fingerprint,
  };
  await mutation.tx.experiments.insert(experiment);
  await insertLabels(mutation.tx, { kind: "experiment", namespace, experiment }, labels);
  const view = { ...experiment, path: `${namespace.name}/${name}`, labels, metrics: {} };
  await recordObject(mutation, "created", { type: "experiment", value: view });
  return view;
}
