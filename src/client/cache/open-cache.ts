import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { ChunkCache } from "./chunk-cache.ts";

const MIB = 1024 * 1024;

/** What the client's configuration says of its cache. */
export interface CacheSettings {
  readonly cacheFolder: string | undefined;
  readonly cacheSizeMib: number;
}

/** The cache of this user; undefined when it is off. */
export function openCache(
  { cacheFolder, cacheSizeMib }: CacheSettings,
  env: Readonly<Record<string, string | undefined>>,
): ChunkCache | undefined {
  if (cacheSizeMib === 0) return undefined;
  return new ChunkCache({ folder: cacheFolder ?? usualFolder(env), limitBytes: cacheSizeMib * MIB });
}

/** After the XDG Base Directory Specification, which has relative paths ignored. */
function usualFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(home) ? home : join(env["HOME"] ?? homedir(), ".cache"), "modelbox");
}
