import type { StagedChunk } from "../../domain/direct-transfer.ts";
import { isKey, requireKey } from "../keys.ts";

/**
 * The names of objects in the bucket:
 *
 *   <prefix>/
 *     chunks/ab/cd/<sha256>.<generation>    as in a folder: the key of an object is the rest of its name
 *     .staging/<lease>/<sha256>             put by clients themselves, until it is copied to a key; never a key
 *     .check/<random>                       written and removed to see whether that works; never a key
 */
export class ObjectNames {
  readonly prefix: string;

  /** Slashes around the prefix do not matter; "" keeps everything at the top of the bucket. */
  constructor(prefix: string) {
    const trimmed = prefix.replaceAll(/^\/+|\/+$/g, "");
    this.prefix = trimmed === "" ? "" : `${trimmed}/`;
  }

  /** Throws unless it is a key. */
  object(key: string): string {
    requireKey(key);
    return this.prefix + key;
  }

  /** What all objects begin with that clients put themselves. */
  get staging(): string {
    return `${this.prefix}.staging/`;
  }

  staged({ leaseId, digest }: StagedChunk): string {
    return `${this.staging}${leaseId}/${digest}`;
  }

  check(): string {
    return `${this.prefix}.check/${crypto.randomUUID()}`;
  }

  /** The key of an object; undefined when it is not one of this store. */
  keyOf(name: string): string | undefined {
    if (!name.startsWith(this.prefix)) return undefined;
    const key = name.slice(this.prefix.length);
    return isKey(key) ? key : undefined;
  }
}
