import { describe, expect, test } from "bun:test";
import { openServices, type TestServices } from "../../../test/support/rpc.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { someBytes } from "../../../test/support/blobs.ts";
import { sha256 } from "../../../test/support/upload.ts";
import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import type { DirectTransfer, StagedChunk } from "../../domain/direct-transfer.ts";

const SIZE_BYTES = 300_000;
const bytes = someBytes(SIZE_BYTES, 1);
const chunk = { sha256: sha256(bytes), sizeBytes: BigInt(SIZE_BYTES) };

/** A store that keeps what is put in memory, and copies it to the blobs of the services. */
class Store implements DirectTransfer {
  readonly staged = new Map<string, Uint8Array>();
  readonly lives: number[] = [];
  /** Called before a copy. */
  beforeCopy: () => Promise<void> = async () => undefined;
  services: TestServices | undefined;

  put(leaseId: string, content: Uint8Array = bytes): void {
    this.staged.set(`${leaseId}/${sha256(content)}`, content);
  }

  async uploadAddress({ leaseId, digest }: StagedChunk, sizeBytes: number, lifeSeconds: number) {
    this.lives.push(lifeSeconds);
    return { url: `http://store/${leaseId}/${digest}?${sizeBytes}`, headers: { a: "b" } };
  }

  async downloadAddress(key: string): Promise<string> {
    return `http://store/${key}`;
  }

  async stagedSize(one: StagedChunk): Promise<number | undefined> {
    return this.staged.get(nameOf(one))?.byteLength;
  }

  async accept(one: StagedChunk, key: string): Promise<void> {
    await this.beforeCopy();
    const content = this.staged.get(nameOf(one));
    if (content === undefined) throw new ObjectNotFoundError(key);
    await using writer = await this.services!.service.blobs.openWriter(key, {
      sizeBytes: content.byteLength,
    });
    await writer.write(content);
    await writer.commit();
  }

  async discard(one: StagedChunk): Promise<void> {
    this.staged.delete(nameOf(one));
  }

  async discardOlder(): Promise<number> {
    return 0;
  }
}

function nameOf({ leaseId, digest }: StagedChunk): string {
  return `${leaseId}/${digest}`;
}

async function open() {
  const store = new Store();
  const services = await openServices(store);
  store.services = services;
  const begin = async (namespace = "n") =>
    (await services.clients.artifacts.beginUpload({ namespace, holder: "test" })).lease!;
  return { store, services, begin, [Symbol.asyncDispose]: () => services[Symbol.asyncDispose]() };
}

/** Callers who may read or write nothing, and who may only read. */
function strangers(namespaceId: string) {
  return [
    { actor: "a", readable: [], writable: [] },
    { actor: "b", readable: [namespaceId], writable: [] },
  ];
}

/** Objects of chunks in the store of the services. */
async function objects({ service }: TestServices): Promise<string[]> {
  return (await Array.fromAsync(service.blobs.list("chunks/"))).map(({ key }) => key);
}

describe("addresses of the store", () => {
  test("are given for large chunks that are missing, and only to who asks and may upload", async () => {
    await using world = await open();
    const { services, begin } = world;
    const lease = await begin();
    const small = { sha256: sha256("small"), sizeBytes: 5n };
    const ask = { leaseId: lease.id, chunks: [small, chunk] };
    const { artifacts } = services.clients;
    expect((await artifacts.findMissingChunks(ask)).uploads).toEqual([]);
    const { missing, uploads } = await artifacts.findMissingChunks({ ...ask, direct: true });
    expect(missing).toEqual([small.sha256, chunk.sha256]);
    expect(uploads).toMatchObject([
      { sha256: chunk.sha256, url: `http://store/${lease.id}/${chunk.sha256}?300000`, headers: { a: "b" } },
    ]);
    for (const caller of strangers(lease.namespaceId)) {
      const failure = await failureOf(
        services.as(caller).artifacts.findMissingChunks({ ...ask, direct: true }),
      );
      expect(failure.code).toBeOneOf(["not_found", "permission_denied"]);
    }
  });

  test("do not outlive the lease", async () => {
    await using world = await open();
    const { artifacts } = world.services.clients;
    const { lease } = await artifacts.beginUpload({ namespace: "n", holder: "t", ttl: { seconds: 10n } });
    await artifacts.findMissingChunks({ leaseId: lease!.id, chunks: [chunk], direct: true });
    expect(world.store.lives[0]).toBeWithin(1, 11);
    world.services.clock.advanceMs(11_000);
    const late = artifacts.findMissingChunks({ leaseId: lease!.id, chunks: [chunk], direct: true });
    expect(await failureOf(late)).toMatchObject({ reason: "LEASE_ENDED" });
  });

  test("are given for reading to who may read the file", async () => {
    await using world = await open();
    const { store, services, begin } = world;
    const { artifacts, models } = services.clients;
    const lease = await begin();
    store.put(lease.id);
    await artifacts.acceptChunks({ leaseId: lease.id, chunks: [chunk] });
    await models.createModel({ namespace: "n", name: "m" });
    const files = [{ path: "a", sizeBytes: chunk.sizeBytes, sha256: "", chunks: [chunk] }];
    const { artifact } = await artifacts.commitArtifact({
      object: "model:n/m",
      name: "x",
      files: { leaseId: lease.id, files },
    });
    const [file] = (await artifacts.listFiles({ artifact: artifact!.id })).files;
    const ask = { file: file!.id, offsetBytes: 7n, lengthBytes: 1n };
    const [key] = await objects(services);
    const [hidden, reader] = strangers(lease.namespaceId);
    for (const client of [artifacts, services.as(reader!).artifacts]) {
      expect((await client.listDirectChunks(ask)).chunks).toMatchObject([
        { sha256: chunk.sha256, offsetBytes: 0n, sizeBytes: chunk.sizeBytes, url: `http://store/${key}` },
      ]);
    }
    const refused = services.as(hidden!).artifacts.listDirectChunks(ask);
    expect(await failureOf(refused)).toMatchObject({ code: "not_found" });
    // What is damaged is the server's to tell.
    await services.metadata.write(async (tx) => {
      const [row] = await tx.chunks.getMany([chunk.sha256]);
      await tx.chunks.quarantine(row!.digest, row!.generation);
    });
    expect((await artifacts.listDirectChunks(ask)).chunks).toMatchObject([{ url: "" }]);
  });

  test("are not there where all bytes go through the server", async () => {
    await using services = await openServices();
    const { artifacts } = services.clients;
    const { lease } = await artifacts.beginUpload({ namespace: "n", holder: "t" });
    const ask = { leaseId: lease!.id, chunks: [chunk] };
    expect((await artifacts.findMissingChunks({ ...ask, direct: true })).uploads).toEqual([]);
    expect(await failureOf(artifacts.acceptChunks(ask))).toMatchObject({ reason: "NOT_DIRECT" });
  });
});

describe("chunks that were put to the store", () => {
  test("are held once they are accepted, which may be asked twice", async () => {
    await using world = await open();
    const { store, services, begin } = world;
    const lease = await begin();
    store.put(lease.id);
    for (let times = 0; times < 2; times += 1) {
      const { missing } = await services.clients.artifacts.acceptChunks({
        leaseId: lease.id,
        chunks: [chunk, chunk],
      });
      expect(missing).toEqual([]);
    }
    expect(store.staged.size).toBe(0);
    expect(await objects(services)).toHaveLength(1);
  });

  test("are stored once, whoever put them, and only who put them gets them", async () => {
    await using world = await open();
    const { store, services, begin } = world;
    const { artifacts } = services.clients;
    const [first, second, third] = [await begin(), await begin(), await begin("other")];
    store.put(first.id);
    await artifacts.acceptChunks({ leaseId: first.id, chunks: [chunk] });
    store.put(second.id);
    expect((await artifacts.acceptChunks({ leaseId: second.id, chunks: [chunk] })).missing).toEqual([]);
    expect((await artifacts.acceptChunks({ leaseId: third.id, chunks: [chunk] })).missing).toEqual([
      chunk.sha256,
    ]);
    expect(await objects(services)).toHaveLength(1);
  });

  test("of another size than was said are refused", async () => {
    await using world = await open();
    const lease = await world.begin();
    world.store.put(lease.id);
    const wrong = { sha256: chunk.sha256, sizeBytes: chunk.sizeBytes + 1n };
    const accept = world.services.clients.artifacts.acceptChunks({ leaseId: lease.id, chunks: [wrong] });
    expect(await failureOf(accept)).toMatchObject({ reason: "SIZE_MISMATCH" });
    expect(await objects(world.services)).toEqual([]);
  });

  test("leave nothing when the lease ends meanwhile", async () => {
    await using world = await open();
    const { store, services, begin } = world;
    const lease = await begin();
    store.put(lease.id);
    store.beforeCopy = async () => services.clock.advanceMs(3_600_000);
    const accept = services.clients.artifacts.acceptChunks({ leaseId: lease.id, chunks: [chunk] });
    expect(await failureOf(accept)).toMatchObject({ reason: "LEASE_ENDED" });
    expect(await objects(services)).toEqual([]);
  });

  test("can't be accepted by who may not upload", async () => {
    await using world = await open();
    const lease = await world.begin();
    world.store.put(lease.id);
    for (const caller of strangers(lease.namespaceId)) {
      const accept = world.services.as(caller).artifacts.acceptChunks({ leaseId: lease.id, chunks: [chunk] });
      expect((await failureOf(accept)).code).toBeOneOf(["not_found", "permission_denied"]);
    }
    expect(await objects(world.services)).toEqual([]);
  });
});
