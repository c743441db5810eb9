import type { BigIntStats } from "node:fs";

/** What something that is neither a file nor a folder is, in words. */
export function fileKind(facts: BigIntStats): string {
  if (facts.isFIFO()) return "a named pipe";
  if (facts.isSocket()) return "a socket";
  if (facts.isCharacterDevice() || facts.isBlockDevice()) return "a device";
  return "no ordinary file";
}
