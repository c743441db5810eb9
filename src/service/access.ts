import { DomainError } from "../domain/errors.ts";
import type { Namespace } from "../domain/entities.ts";
import type { Caller } from "./context.ts";

/** Whether the caller may read what is in the namespace. What may not be read is reported as not there. */
export function canRead(caller: Caller, namespaceId: string): boolean {
  return caller.readable === "all" || caller.readable.includes(namespaceId);
}

/** Throws "permission_denied" unless the caller may write into the namespace. */
export function requireWritable(caller: Caller, namespace: Pick<Namespace, "id" | "name">): void {
  if (caller.writable === "all" || caller.writable.includes(namespace.id)) return;
  throw new DomainError(
    "permission_denied",
    "NOT_WRITABLE",
    `You may read namespace "${namespace.name}" but not change it; ask its owner for write access.`,
    { metadata: { namespace: namespace.name } },
  );
}

/** Throws "permission_denied" unless the caller may create namespaces, which takes write access to all of them. */
export function requireMayCreateNamespaces(caller: Caller, name: string): void {
  if (caller.writable === "all") return;
  throw new DomainError(
    "permission_denied",
    "NOT_WRITABLE",
    `There is no namespace "${name}" that you may write to, and you may not create it; check the name or ask an administrator.`,
    { metadata: { namespace: name } },
  );
}
