import { earlyFlush } from "../../src/blob/decorators/early-flush.ts";
import { FilesystemBlobStore } from "../../src/blob/filesystem/store.ts";
import type { Faults } from "./faults.ts";
import { mountDisk } from "./mounted-disk.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import type { TestStorage } from "./world.ts";

const BASE = "/blobs";

/** The filesystem driver over a disk in memory. */
export function folderStorage(faults: Faults, nowMs: () => number): TestStorage {
  const disk = new SimulatedDisk();
  const { random } = faults;
  return {
    async open(steps) {
      const files = mountDisk(disk, steps, nowMs);
      return earlyFlush(await FilesystemBlobStore.open({ baseDir: BASE, files, nowMs }));
    },
    powerFailure: () => disk.powerFailure(random),
    damage() {
      const objects = [...disk.files()].filter(
        ([path, { bytes }]) => !path.startsWith(`${BASE}/tmp/`) && bytes.length > 0,
      );
      if (objects.length === 0) return undefined;
      const [path, inode] = random.pick(objects);
      inode.bytes = inode.bytes.slice();
      const offset = random.below(inode.bytes.length);
      inode.bytes[offset] = (inode.bytes[offset] ?? 0) ^ 1;
      inode.durable = inode.bytes;
      return path.slice(BASE.length + 1);
    },
    everything: async () => [...disk.files().keys()].map((path) => path.slice(BASE.length + 1)),
    async [Symbol.asyncDispose]() {},
  };
}
