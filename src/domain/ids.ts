import { randomUUIDv7 } from "bun";

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DIGEST_PATTERN = /^[0-9a-f]{64}$/;

/** A new UUIDv7: ids made later by one process sort later. */
export function newId(): string {
  return randomUUIDv7();
}

/** True for a UUID in lower-case canonical form. A name may look like one too; ids are tried first. */
export function isId(text: string): boolean {
  return UUID_PATTERN.test(text);
}

/** True for 64 lower-case hexadecimal digits. */
export function isDigest(text: string): boolean {
  return DIGEST_PATTERN.test(text);
}
