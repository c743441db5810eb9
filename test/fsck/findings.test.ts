import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/domain/clock.ts";
import type { Chunk } from "../../src/domain/entities.ts";
import { newId } from "../../src/domain/ids.ts";
import type { MetadataWriter } from "../../src/domain/metadata-store.ts";
import { chunkObjectKey } from "../../src/domain/object-keys.ts";
import type { TableRow } from "../../src/domain/table-rows.ts";
import { readRight } from "../../src/service/blobs/right-bytes.ts";
import { fsck, type FsckInput } from "../../src/service/fsck/fsck.ts";
import { Mender } from "../../src/service/fsck/mend.ts";
import { isClean } from "../../src/service/fsck/report.ts";
import { someBytes } from "../support/blobs.ts";
import {
  flipByte,
  formBytes,
  formNames,
  replaceObject,
  storeForms,
  type FormName,
  type Forms,
} from "../support/chunk-forms.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../support/s3-server.ts";
import { temporaryFolder } from "../support/server.ts";
import { sha256 } from "../support/upload.ts";
import { aStorage, type OpenStorage, type TestStorage } from "../copy/storages.ts";

const testLimitMs = 60_000;
const DAY_MS = 24 * 3_600_000;

let folder: ReturnType<typeof temporaryFolder>;
let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

interface World extends OpenStorage {
  readonly forms: Forms;
  /** Kind, outcome and which form it is about, of each finding. */
  check(options?: Partial<FsckInput>): Promise<string[]>;
  /** The same, repairing. */
  mend(from?: OpenStorage): Promise<string[]>;
  /** The row of a form as it is now. */
  row(name: FormName): Promise<Chunk | undefined>;
  change(name: FormName, fields: TableRow): Promise<void>;
}

/** A storage with a chunk of each form. */
async function aWorld(storage: TestStorage): Promise<World> {
  const opened = await storage.open();
  const { metadata, blobs } = opened;
  const forms = await storeForms(metadata, blobs);
  const nameOf = (digest: string, key: string): string =>
    formNames.find((name) => forms[name].digest === digest) ?? key.split("/")[0] ?? "";
  const clock = systemClock();
  const check = async (options: Partial<FsckInput> = {}): Promise<string[]> => {
    const report = await fsck({
      storage: opened,
      clock,
      isRead: () => true,
      mender: undefined,
      ...options,
    });
    const found = report.findings.map(({ kind, outcome, sha256: digest, objectKey }) =>
      [kind, outcome, nameOf(digest, objectKey)].filter((word) => word !== "").join(" "),
    );
    expect(isClean(report)).toBe(report.outcomes.repaired === found.length);
    return found.toSorted();
  };
  return {
    ...opened,
    forms,
    check,
    mend: (from) => check({ mender: new Mender(opened, clock, from) }),
    row: async (name) => (await metadata.read((tx) => tx.chunks.getMany([forms[name].digest])))[0],
    change: (name, fields) => metadata.write((tx) => changeChunk(tx, forms[name].digest, fields)),
  };
}

async function changeChunk(tx: MetadataWriter, digest: string, fields: TableRow): Promise<void> {
  const rows = await tx.tables.page("chunks", undefined, 1_000);
  const row = rows.find((one) => one["digest"] === digest);
  await tx.tables.put("chunks", [{ ...row!, ...fields }]);
}

async function expectWhole(world: World, names: readonly FormName[] = formNames): Promise<void> {
  for (const name of names) {
    const row = await world.row(name);
    expect([name, row?.state]).toEqual([name, "stored"]);
    expect((await readRight(world, row!)).bytes).toEqual(formBytes(name));
  }
}

const storages = [
  ["SQLite and a folder", "sqlite", false],
  ["MySQL and a folder", "mysql", false],
  ["PostgreSQL and a bucket", "postgres", true],
] as const;

/** What is done to a world, and what is found: nothing that can be repaired without a copy. */
interface Case {
  readonly title: string;
  readonly harm: (world: World) => Promise<unknown>;
  readonly found: readonly string[];
}

const cases: readonly Case[] = [
  {
    title: "an object that is gone",
    harm: ({ blobs, forms }) => blobs.delete(forms.raw.objectKey),
    found: ["object_missing found raw"],
  },
  {
    title: "an object that is cut short",
    harm: ({ blobs, forms }) => replaceObject(blobs, forms.raw.objectKey, formBytes("raw").slice(0, 100)),
    found: ["object_size found raw"],
  },
  {
    title: "a byte that was turned, of a plain chunk",
    harm: ({ blobs, forms }) => flipByte(blobs, forms.raw.objectKey, 1234),
    found: ["wrong_digest found raw"],
  },
  {
    title: "a byte that was turned, of a chunk in a pack",
    harm: ({ blobs, forms }) => flipByte(blobs, forms.packedToo.objectKey, forms.packedToo.objectOffset),
    found: ["wrong_digest found packedToo"],
  },
  {
    title: "a byte that was turned, of a compressed chunk",
    harm: ({ blobs, forms }) => flipByte(blobs, forms.zstd.objectKey, 9),
    found: ["wrong_digest found zstd"],
  },
  {
    title: "a byte that was turned, of a base",
    harm: ({ blobs, forms }) => flipByte(blobs, forms.base.objectKey, 4711),
    found: ["wrong_digest found base", "wrong_digest found xor", "wrong_digest found xorToo"],
  },
  {
    title: "a base without a row",
    harm: (world) => world.change("xor", { baseDigest: "ab".repeat(32) }),
    found: ["base_missing found xor", "object_missing found xorToo"],
  },
  {
    title: "a base that is quarantined and damaged",
    harm: async ({ metadata, blobs, forms: { base } }) => {
      await metadata.write((tx) => tx.chunks.quarantine(base.digest, base.generation));
      await blobs.delete(base.objectKey);
    },
    found: ["base_quarantined found xor", "object_missing found xorToo", "quarantined found base"],
  },
  {
    title: "a pack that is gone",
    harm: ({ blobs, forms }) => blobs.delete(forms.packed.objectKey),
    found: [
      "object_missing found packed",
      "object_missing found packedToo",
      "pack_object_missing found packs",
    ],
  },
];

describe.each(storages)("on %s", (_name, kind, isBucket) => {
  const place = (name: string) => aStorage(join(folder.path, name), kind, isBucket ? s3 : undefined);

  test(
    "a storage that is whole is clean, and stays as it is",
    async () => {
      await using storage = await place("one");
      await using world = await aWorld(storage);
      expect(await world.check()).toEqual([]);
      expect(await world.mend()).toEqual([]);
      await expectWhole(world);
    },
    testLimitMs,
  );

  test.each(cases)(
    "$title is found, quarantined, and repaired from a copy",
    async ({ harm, found }) => {
      await using storage = await place("one");
      await using copyStorage = await aStorage(join(folder.path, "copy"), "sqlite");
      await using world = await aWorld(storage);
      await using copy = await aWorld(copyStorage);
      await harm(world);
      expect(await world.check()).toEqual([...found]);
      // Which finding comes first of those that have one cause depends on the order of digests.
      expect((await world.mend()).map(withoutKind).toSorted()).toEqual(
        found.map((one) => withoutKind(one.replace(" found ", " quarantined "))).toSorted(),
      );
      const left = (await world.check()).filter((one) => !one.startsWith("pack_"));
      expect(left.length).toBeGreaterThan(0);
      for (const one of left) expect(one).toMatch(/^(quarantined|base_quarantined) found /);
      const mended = await world.mend(copy);
      for (const one of mended) expect(one).toMatch(/ repaired /);
      expect(await world.check()).toEqual([]);
      await expectWhole(world);
    },
    testLimitMs,
  );
});

function withoutKind(line: string): string {
  return line.slice(line.indexOf(" ") + 1);
}

describe("what can be repaired without a copy", () => {
  let storage: TestStorage;
  let world: World;
  beforeEach(async () => {
    storage = await aStorage(join(folder.path, "one"), "sqlite");
    world = await aWorld(storage);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** Finds it, repairs it, and then finds nothing. */
  async function expectRepaired(found: readonly string[]): Promise<void> {
    expect(await world.check()).toEqual([...found]);
    const repaired = found.map((one) => one.replace(" found", " repaired"));
    expect(await world.mend()).toEqual(repaired);
    expect(await world.check()).toEqual([]);
    await expectWhole(world);
  }

  /** Writes an object of a digest beside the one that its row names. */
  async function putCopy(name: FormName, bytes = formBytes(name)): Promise<string> {
    const key = chunkObjectKey(world.forms[name].digest, newId());
    await world.blobs.writeBytes(key, bytes, sha256(bytes));
    return key;
  }

  test("a chunk of which another object is there, though others are damaged", async () => {
    const { raw } = world.forms;
    await putCopy("raw", formBytes("packed"));
    await putCopy("raw");
    await world.blobs.delete(raw.objectKey);
    await expectRepaired(["object_missing found raw"]);
    expect((await world.row("raw"))?.objectKey).not.toBe(raw.objectKey);
    expect(await world.metadata.read((tx) => tx.checks.doomed([raw.objectKey]))).toEqual(
      new Set([raw.objectKey]),
    );
  });

  test("a quarantined chunk whose bytes are right", async () => {
    const { raw, packed } = world.forms;
    for (const { digest, generation } of [raw, packed])
      await world.metadata.write((tx) => tx.chunks.quarantine(digest, generation));
    await expectRepaired(["quarantined found packed", "quarantined found raw"]);
    expect(await world.row("packed")).toEqual(packed);
  });

  test("a depth that can't be", async () => {
    await world.change("xorToo", { chainDepth: 1 });
    await expectRepaired(["chain_depth found xorToo"]);
    expect(await world.row("xorToo")).toMatchObject({ encoding: "raw", chainDepth: 0, baseDigest: "" });
  });

  test("a pack without a row, and one whose size is wrong", async () => {
    const { packId, objectKey } = world.forms.packed;
    const pack = { id: packId, objectKey, sizeBytes: 1, createdAt: 1 };
    await world.metadata.write((tx) => tx.checks.putPack(pack));
    await expectRepaired(["pack_size found packs"]);
    await world.metadata.write((tx) => tx.checks.removePack(packId));
    expect(await world.check()).toEqual([
      "pack_row_missing found packed",
      "pack_row_missing found packedToo",
    ]);
    expect(await world.mend()).toEqual([expect.stringMatching(/^pack_row_missing repaired /)]);
    expect(await world.check()).toEqual([]);
  });

  test("a pack that is gone and that nothing is in", async () => {
    const id = newId();
    const pack = { id, objectKey: `packs/${id.slice(-2)}/${id}`, sizeBytes: 1, createdAt: 1 };
    await world.metadata.write((tx) => tx.checks.putPack(pack));
    await expectRepaired(["pack_object_missing found packs"]);
  });

  test("totals that are wrong", async () => {
    await world.metadata.write(async (tx) => {
      const row = await tx.tables.last("chunkTotals");
      await tx.tables.put("chunkTotals", [{ ...row!, count: 4711 }]);
    });
    await expectRepaired(["totals found"]);
    expect(await world.metadata.read((tx) => tx.chunks.totals())).toMatchObject({ count: formNames.length });
  });

  test("a file whose chunk has no row", async () => {
    const bytes = someBytes(40_000, 4711);
    await world.metadata.write(async (tx) => {
      const row = await tx.tables.last("fileChunks");
      await tx.tables.put("fileChunks", [{ ...row!, digest: sha256(bytes) }]);
    });
    expect(await world.check()).toEqual(["chunk_missing found"]);
    expect(await world.mend()).toEqual(["chunk_missing unrepaired"]);
    const key = chunkObjectKey(sha256(bytes), newId());
    await world.blobs.writeBytes(key, bytes, sha256(bytes));
    expect(await world.mend()).toEqual(["chunk_missing repaired"]);
    expect(await world.check()).toEqual([]);
  });

  test("an object that nobody names goes, but not while an upload may be about to name it", async () => {
    const key = await putCopy("raw");
    expect(await world.check()).toEqual([]);
    const later = { nowMicros: () => systemClock().nowMicros() + 2 * DAY_MS * 1000 };
    expect(await world.check({ clock: later })).toEqual(["unknown_object found chunks"]);
    expect(await world.check({ clock: later, mender: new Mender(world, later) })).toEqual([
      "unknown_object repaired chunks",
    ]);
    expect(await world.check({ clock: later })).toEqual([]);
    expect(await world.metadata.read((tx) => tx.checks.doomed([key]))).toEqual(new Set([key]));
  });
});

describe("what nobody can repair", () => {
  test("pieces that don't make up their file, and those without one, are found and stay", async () => {
    await using storage = await aStorage(join(folder.path, "one"), "sqlite");
    await using world = await aWorld(storage);
    await world.metadata.write(async (tx) => {
      const [file, another] = await tx.tables.page("files", undefined, 2);
      await tx.tables.put("files", [{ ...file!, sizeBytes: 7 }]);
      const row = (await tx.tables.page("fileChunks", undefined, 2))[1]!;
      expect(row["fileId"]).toBe(another!["id"]);
      await tx.tables.put("fileChunks", [
        { ...row, sizeBytes: 1 },
        { ...row, fileId: newId() },
      ]);
    });
    const found = ["file_missing", "file_pieces", "file_pieces", "piece_size"];
    expect((await world.check()).map((one) => one.split(" ")[0]!)).toEqual(found);
    for (const one of await world.mend()) expect(one).toContain(" unrepaired");
    expect(await world.check()).toHaveLength(found.length);
  });

  test("a circle of bases is found, and its chunks are quarantined", async () => {
    await using storage = await aStorage(join(folder.path, "one"), "sqlite");
    await using world = await aWorld(storage);
    const { xorToo } = world.forms;
    const circle = { baseDigest: xorToo.digest, chainDepth: 3, encoding: "xor-grouped-zstd" };
    await world.change("base", circle);
    expect((await world.check()).filter((one) => one.startsWith("chain_cycle"))).toHaveLength(1);
    for (const one of await world.mend()) expect(one).toContain(" quarantined ");
    expect(await world.row("raw")).toMatchObject({ state: "stored" });
  });
});
