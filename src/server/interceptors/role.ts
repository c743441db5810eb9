import { failedPrecondition, type DomainError } from "../../domain/errors.ts";
import type { Role, RouteAccess } from "../access-table.ts";

/** What a server is there for, and who is for the rest. */
export interface ServedRoles {
  readonly roles: readonly Role[];
  /** Where calls go that are not for this server; "" when nobody has said so. */
  readonly serverAddr: string;
  /** Where bytes of files go. */
  readonly blobAddrs: readonly string[];
}

/** Whether a server with these roles serves the route; what nobody has listed is served nowhere. */
export function isServedBy(roles: readonly Role[], access: RouteAccess | undefined): boolean {
  return access !== undefined && (access.role === "any" || roles.includes(access.role));
}

/** Refuses what another server is there for, and says which. */
export function checkRole(name: string, access: RouteAccess, served: ServedRoles): void {
  if (isServedBy(served.roles, access)) return;
  throw access.role === "blob" ? noBytesHere(name, served) : onlyBytesHere(name, served);
}

function onlyBytesHere(name: string, { serverAddr }: ServedRoles): DomainError {
  const where =
    serverAddr === ""
      ? "to a server with the role metadata, whose address whoever runs it can tell you, as server_addr"
      : `to ${serverAddr} (as server_addr)`;
  return wrongRole(
    `This server only moves the bytes of files (roles = ["blob"]), so it refuses ${name}; send that ${where}.`,
    { method: name, ...(serverAddr === "" ? {} : { server_addr: serverAddr }) },
  );
}

function noBytesHere(name: string, { blobAddrs }: ServedRoles): DomainError {
  return wrongRole(
    `This server moves no bytes of files (roles = ["metadata"]), so it refuses ${name}; send that to ${blobAddrs.join(" or ")}.`,
    { method: name, blob_addrs: blobAddrs.join(" ") },
  );
}

function wrongRole(message: string, metadata: Readonly<Record<string, string>>): DomainError {
  return failedPrecondition("WRONG_ROLE", message, metadata);
}
