import { statfsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly processors: number;
  readonly processorModel: string;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly fileSystem: string;
}

/** Numbers of linux/magic.h; tmpfs matters most, since flushing costs nothing there. */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x01021994: "tmpfs (memory: flushing costs nothing, so figures of durable writes mean little)",
  0x794c7630: "overlayfs",
  0x2fc12fc1: "zfs",
};

/** Describes this machine, and the file system that the measured data is on. */
export function describeMachine(folder: string): Machine {
  const fileSystem = statfsSync(folder).type;
  return {
    processors: availableParallelism(),
    processorModel: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    fileSystem: fileSystems[fileSystem] ?? `file system 0x${fileSystem.toString(16)}`,
  };
}

/** How many bytes can be written where the folder is. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
