import type { JsonValue, Labels } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import { MAX_LABELS_PER_OBJECT } from "../../domain/limits.ts";
import { requireWritable } from "../access.ts";
import type { UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { requireEtag } from "../etag.ts";
import { canonicalText } from "../fingerprint.ts";
import { mutate, type Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { entityOf, keyOf, pathOf, requireLabelled, type LocatedLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";
import { objectState, reviseObject } from "./revise.ts";

export interface SetLabelsInput extends UpdateOptions {
  readonly object: ObjectReference;
  readonly labels: Labels;
}

export interface UnsetLabelsInput extends UpdateOptions {
  readonly object: ObjectReference;
  readonly keys: readonly string[];
}

/** Sets labels and leaves the others as they are; returns all of the object's labels. */
export function setLabels(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: SetLabelsInput,
): Promise<Labels> {
  const call = { method: "SetLabels", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { located, labels } = await labelsToChange(mutation, input);
    const changed = Object.entries(input.labels).filter(([key, value]) => !hasValue(labels, key, value));
    if (changed.length === 0) return labels;
    const next = { ...labels, ...Object.fromEntries(changed) };
    if (Object.keys(next).length > MAX_LABELS_PER_OBJECT) {
      throw invalid(
        "labels",
        `an object carries at most ${MAX_LABELS_PER_OBJECT} labels; unset some of the others first`,
      );
    }
    await mutation.tx.labels.set(keyOf(located), Object.fromEntries(changed));
    await recordLabels(mutation, located);
    return next;
  });
}

/** Removes labels; one that is not there is no error. Returns those that are left. */
export function unsetLabels(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UnsetLabelsInput,
): Promise<Labels> {
  const call = { method: "UnsetLabels", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { located, labels } = await labelsToChange(mutation, input);
    const gone = input.keys.filter((key) => Object.hasOwn(labels, key));
    if (gone.length === 0) return labels;
    await mutation.tx.labels.unset(entityOf(located).id, gone);
    await recordLabels(mutation, located);
    return Object.fromEntries(Object.entries(labels).filter(([key]) => !gone.includes(key)));
  });
}

async function labelsToChange(
  { tx, caller }: Mutation,
  { object, etag }: { readonly object: ObjectReference; readonly etag: string },
): Promise<{ located: LocatedLabelled; labels: Labels }> {
  const located = requireLabelled(await resolveObject(tx, caller, object));
  requireWritable(caller, located.namespace);
  const entity = entityOf(located);
  requireEtag(entity, pathOf(located), etag);
  return { located, labels: (await tx.labels.getMany([entity.id])).get(entity.id) ?? {} };
}

async function recordLabels(mutation: Mutation, located: LocatedLabelled): Promise<void> {
  const revised = await reviseObject(mutation, located);
  await recordObject(mutation, "updated", await objectState(mutation.tx, revised));
}

function hasValue(labels: Labels, key: string, value: JsonValue): boolean {
  return Object.hasOwn(labels, key) && canonicalText(labels[key]) === canonicalText(value);
}
