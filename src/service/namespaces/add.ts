import type { Labels, Namespace } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { insertLabels } from "../labels/insert.ts";
import type { Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";

/** What a namespace is created with. */
export interface NewNamespace {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** Null for none. */
  readonly quotaBytes: number | null;
  readonly labels: Labels;
}

/** Stores a namespace whose name is free. */
export async function addNamespace(mutation: Mutation, fields: NewNamespace): Promise<Namespace> {
  const { name, owner, description, quotaBytes, labels } = fields;
  const namespace: Namespace = {
    id: newId(),
    name,
    owner,
    description,
    quotaBytes,
    revision: 1,
    createdAt: mutation.now,
    updatedAt: mutation.now,
    fingerprint: namespaceFingerprint(fields),
  };
  await mutation.tx.namespaces.insert(namespace);
  await insertLabels(mutation.tx, { kind: "namespace", namespace }, labels);
  await recordObject(mutation, "created", { type: "namespace", value: { ...namespace, labels } });
  return namespace;
}

/** A renamed object is still the one that was created, so its name takes no part; nor does a quota that is not there. */
export function namespaceFingerprint(fields: Omit<NewNamespace, "name">): string {
  const { owner, description, labels, quotaBytes } = fields;
  return fingerprintOf({ owner, description, labels, quotaBytes: quotaBytes ?? undefined });
}
