import { basename } from "node:path";
import type { FileStat, FileSystem, OpenFile } from "../../src/blob/filesystem/file-system.ts";
import { systemError, type Steps } from "./faults.ts";
import type { Entry, Inode, SimulatedDisk } from "./simulated-disk.ts";

/** A disk as one process sees it. */
export function mountDisk(disk: SimulatedDisk, steps: Steps, nowMs: () => number): FileSystem {
  const fileOf = (inode: Inode): OpenFile => openFile(inode, steps, nowMs);
  return {
    async open(path, flags) {
      steps.take("open", path);
      if (flags.startsWith("w")) return fileOf(disk.create(path, nowMs()));
      const entry = disk.find(path);
      return entry === "folder" ? openFolder(disk, path, steps) : fileOf(entry);
    },
    createNow(path) {
      steps.take("open", path);
      return fileOf(disk.create(path, nowMs()));
    },
    async rename(from, to) {
      steps.take("rename", to);
      disk.rename(from, to);
    },
    async unlink(path) {
      steps.take("unlink", path);
      disk.unlink(path);
    },
    async makeFolders(path) {
      steps.take("makeFolders", path);
      disk.makeFolders(path);
    },
    async stat(path) {
      steps.take("stat", path);
      return statOf(disk.find(path));
    },
    async *entries(path) {
      steps.take("entries", path);
      for (const [child, entry] of disk.children(path))
        yield { name: basename(child), isFolder: entry === "folder" };
    },
  };
}

function openFile(inode: Inode, steps: Steps, nowMs: () => number): OpenFile {
  let isWritten = false;
  const readNow = (into: Uint8Array, offsetBytes: number): number => {
    steps.take("read", `${into.byteLength} bytes`);
    const piece = inode.bytes.subarray(offsetBytes, offsetBytes + steps.shorten(into.byteLength));
    into.set(piece);
    return piece.byteLength;
  };
  const writeNow = (bytes: Uint8Array, offsetBytes: number): number => {
    steps.take("write", `${bytes.byteLength} bytes`);
    isWritten = true;
    const piece = bytes.subarray(0, steps.shorten(bytes.byteLength));
    const grown = new Uint8Array(Math.max(inode.bytes.byteLength, offsetBytes + piece.byteLength));
    grown.set(inode.bytes);
    grown.set(piece, offsetBytes);
    inode.bytes = grown;
    inode.modifiedAtMs = nowMs();
    return piece.byteLength;
  };
  const flush = async (): Promise<void> => {
    try {
      steps.take("sync", "a file");
    } catch (error) {
      inode.isForgotten = true;
      throw error;
    }
    if (!inode.isForgotten) inode.durable = inode.bytes;
  };
  return {
    stat: async () => statOf(inode),
    read: async (into, offsetBytes) => readNow(into, offsetBytes),
    readNow,
    write: async (bytes, offsetBytes) => writeNow(bytes, offsetBytes),
    writeNow,
    syncData: flush,
    sync: flush,
    close: async () => {
      if (isWritten) steps.take("close", "a file");
    },
  };
}

function openFolder(disk: SimulatedDisk, path: string, steps: Steps): OpenFile {
  const flush = async (): Promise<void> => {
    steps.take("sync", path);
    disk.flushFolder(path);
  };
  const noFile = (): never => {
    throw systemError("EISDIR", path);
  };
  return {
    stat: async () => statOf("folder"),
    read: async () => noFile(),
    readNow: noFile,
    write: async () => noFile(),
    writeNow: noFile,
    syncData: flush,
    sync: flush,
    async close() {},
  };
}

function statOf(entry: Entry): FileStat {
  if (entry === "folder") return { sizeBytes: 0, modifiedAtMs: 0, isFile: false };
  return { sizeBytes: entry.bytes.byteLength, modifiedAtMs: entry.modifiedAtMs, isFile: true };
}
