import * as fs from "node:fs";
import { mkdir, opendir, rename, stat, unlink } from "node:fs/promises";

/** What the driver asks of the operating system. Tests put one in its place that fails. */
export interface FileSystem {
  /** Flags as of open(2) in Node's form, for example "wx" and "r". */
  open(path: string, flags: string, mode?: number): Promise<OpenFile>;
  /** As open for writing a new file, on this thread. */
  createNow(path: string, mode: number): OpenFile;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the folder and those above it that are missing. */
  makeFolders(path: string, mode: number): Promise<void>;
  stat(path: string): Promise<FileStat>;
  /** Names in a folder with whether each is a folder. */
  entries(path: string): AsyncIterable<{ readonly name: string; readonly isFolder: boolean }>;
}

export interface FileStat {
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly isFile: boolean;
}

/** The pieces of a file's handle that the driver needs; reads and writes may do less than they were asked to. */
export interface OpenFile {
  stat(): Promise<FileStat>;
  read(into: Uint8Array, offsetBytes: number): Promise<number>;
  /** As read, on this thread: for bytes that are in memory already. */
  readNow(into: Uint8Array, offsetBytes: number): number;
  write(bytes: Uint8Array, offsetBytes: number): Promise<number>;
  /** As write, on this thread: for as long as the system takes bytes into its memory at once. */
  writeNow(bytes: Uint8Array, offsetBytes: number): number;
  /** Bytes and what is needed to find them again are on stable storage on return. */
  syncData(): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The real one. */
export const realFileSystem: FileSystem = {
  open: async (path, flags, mode) =>
    openFile(await result<number>((done) => fs.open(path, flags, mode, done))),
  createNow: (path, mode) => openFile(fs.openSync(path, "wx", mode)),
  rename,
  unlink,
  async makeFolders(path, mode) {
    await mkdir(path, { recursive: true, mode });
  },
  stat: async (path) => fileStat(await stat(path)),
  async *entries(path) {
    for await (const entry of await opendir(path)) {
      yield { name: entry.name, isFolder: entry.isDirectory() };
    }
  },
};

function openFile(fd: number): OpenFile {
  return {
    stat: async () => fileStat(await result<fs.Stats>((done) => fs.fstat(fd, done))),
    read: (into, offset) => result<number>((done) => fs.read(fd, into, 0, into.byteLength, offset, done)),
    readNow: (into, offset) => fs.readSync(fd, into, 0, into.byteLength, offset),
    write: (bytes, offset) =>
      result<number>((done) => fs.write(fd, bytes, 0, bytes.byteLength, offset, done)),
    writeNow: (bytes, offset) => fs.writeSync(fd, bytes, 0, bytes.byteLength, offset),
    syncData: () => result<void>((done) => fs.fdatasync(fd, done)),
    sync: () => result<void>((done) => fs.fsync(fd, done)),
    close: () => result<void>((done) => fs.close(fd, done)),
  };
}

/** What a function of Node's callback kind gives to its callback. */
function result<T>(start: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

function fileStat(stats: fs.Stats): FileStat {
  return { sizeBytes: stats.size, modifiedAtMs: stats.mtimeMs, isFile: stats.isFile() };
}
