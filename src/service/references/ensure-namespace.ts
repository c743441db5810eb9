import type { Namespace } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { requireMayCreateNamespaces, requireWritable } from "../access.ts";
import type { Caller } from "../context.ts";
import type { Mutation } from "../mutation.ts";
import { addNamespace } from "../namespaces/add.ts";
import { missingNamespace } from "./missing.ts";
import { findNamespace } from "./resolve.ts";

/** The namespace to write into; a name that is not there yet is created in the same transaction. */
export async function ensureNamespace(
  mutation: Mutation,
  reference: string,
  owner: string,
): Promise<Namespace> {
  const found = await findWritableNamespace(mutation.tx, mutation.caller, reference);
  return (
    found ?? addNamespace(mutation, { name: reference, owner, description: "", quotaBytes: null, labels: {} })
  );
}

/** The namespace if it is there; throws when the caller may not write into it, or may not create it. */
export async function findWritableNamespace(
  tx: MetadataReader,
  caller: Caller,
  reference: string,
): Promise<Namespace | undefined> {
  const found = await findNamespace(tx, caller, reference);
  if (found !== undefined) {
    requireWritable(caller, found);
    return found;
  }
  // An id that is not there is a mistake or was deleted; nobody means to call a new namespace by it.
  if (isId(reference)) throw missingNamespace(reference);
  requireMayCreateNamespaces(caller, reference);
  return undefined;
}
