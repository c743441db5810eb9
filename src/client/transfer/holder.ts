import { hostname } from "node:os";
import { MAX_HOLDER_LENGTH } from "../../domain/limits.ts";

/** Who holds a lease, for messages to others. */
export function holderName(): string {
  return `${hostname().slice(0, MAX_HOLDER_LENGTH - 16)}:${process.pid}`;
}
