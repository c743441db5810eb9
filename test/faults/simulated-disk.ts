import { dirname } from "node:path";
import { systemError } from "./faults.ts";
import type { Random } from "./random.ts";

/** A file's bytes: as processes see them, and as they outlive a power failure for sure. */
export interface Inode {
  bytes: Uint8Array;
  durable: Uint8Array;
  modifiedAtMs: number;
  /** A flush failed: the system has forgotten that bytes are to be written, and later flushes say that all is well. */
  isForgotten: boolean;
}

export type Entry = Inode | "folder";

/**
 * A disk in memory. Nothing is sure to outlive a power failure but what was flushed: of a file its bytes, of a folder the
 * names in it. What was not may be there all the same, in part, or as zeros.
 */
export class SimulatedDisk {
  readonly #entries = new Map<string, Entry>([["/", "folder"]]);
  readonly #durable = new Map<string, Entry>([["/", "folder"]]);

  /** The machine is gone with what was not on stable storage, as luck has it. */
  powerFailure(random: Random): void {
    for (const path of new Set([...this.#entries.keys(), ...this.#durable.keys()])) {
      const entry = (random.chance(0.5) ? this.#entries : this.#durable).get(path);
      if (entry === undefined) this.#entries.delete(path);
      else this.#entries.set(path, entry);
    }
    // What was in a folder that is gone is gone too.
    for (const path of this.#entries.keys()) if (!this.#isReachable(path)) this.#entries.delete(path);
    for (const entry of new Set(this.#entries.values())) if (entry !== "folder") tear(entry, random);
    this.#durable.clear();
    for (const [path, entry] of this.#entries) this.#durable.set(path, entry);
  }

  /** All files by their paths. */
  files(): ReadonlyMap<string, Inode> {
    const files = new Map<string, Inode>();
    for (const [path, entry] of this.#entries) if (entry !== "folder") files.set(path, entry);
    return files;
  }

  find(path: string): Entry {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw systemError("ENOENT", path);
    return entry;
  }

  file(path: string): Inode {
    const entry = this.find(path);
    if (entry === "folder") throw systemError("EISDIR", path);
    return entry;
  }

  children(path: string): readonly (readonly [string, Entry])[] {
    this.find(path);
    return [...this.#entries].filter(([child]) => dirname(child) === path);
  }

  create(path: string, nowMs: number): Inode {
    this.#requireFolder(path);
    if (this.#entries.has(path)) throw systemError("EEXIST", path);
    const nothing = new Uint8Array();
    const inode = { bytes: nothing, durable: nothing, modifiedAtMs: nowMs, isForgotten: false };
    this.#entries.set(path, inode);
    return inode;
  }

  rename(from: string, to: string): void {
    const inode = this.file(from);
    this.#requireFolder(to);
    this.#entries.delete(from);
    this.#entries.set(to, inode);
  }

  unlink(path: string): void {
    this.file(path);
    this.#entries.delete(path);
  }

  makeFolders(path: string): void {
    for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
      this.#entries.set(folder, "folder");
  }

  /** Makes the names in a folder durable. */
  flushFolder(path: string): void {
    for (const child of this.#durable.keys()) {
      if (dirname(child) === path && !this.#entries.has(child)) this.#durable.delete(child);
    }
    for (const [child, entry] of this.children(path)) this.#durable.set(child, entry);
  }

  #requireFolder(path: string): void {
    this.find(dirname(path));
  }

  #isReachable(path: string): boolean {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      if (!this.#entries.has(folder)) return false;
    }
    return true;
  }
}

/** What a power failure leaves of bytes that were not flushed: all, none, some, or zeros in their place. */
function tear(inode: Inode, random: Random): void {
  if (inode.bytes !== inode.durable) {
    const torn = inode.bytes.slice(0, random.chance(0.5) ? undefined : random.below(inode.bytes.length + 1));
    if (random.chance(0.5)) torn.fill(0, random.below(torn.length + 1));
    inode.bytes = random.chance(0.3) ? inode.durable : torn;
  }
  inode.durable = inode.bytes;
  inode.isForgotten = false;
}
