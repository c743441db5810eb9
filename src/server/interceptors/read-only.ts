import { failedPrecondition } from "../../domain/errors.ts";
import type { RouteAccess } from "../access-table.ts";

/** Refuses what could change something while the server is for reading only. */
export function checkReadOnly(name: string, access: RouteAccess, readOnly: boolean): void {
  if (!readOnly || !access.writes) return;
  throw failedPrecondition(
    "READ_ONLY",
    `This server is for reading only at the moment (read_only = true), so it refuses ${name}; ask who runs it when it takes changes again.`,
    { method: name },
  );
}
