import { createMemoryBlobStore } from "../../src/blob/index.ts";
import type { BlobStore } from "../../src/domain/blob-store.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import { createLibsqlMetadataStore, createRemoteMetadataStore } from "../../src/metadata/index.ts";
import { createTransfers, type Transfers } from "../../src/service/blobs/transfers.ts";
import type { DatabaseKind } from "../support/database-servers.ts";
import { aDatabase } from "../support/storage-environment.ts";

/** One process of several on a database and a store. */
export interface TestServer {
  readonly context: Transfers["context"];
  readonly transfers: Transfers;
}

export interface Servers extends AsyncDisposable {
  readonly all: readonly TestServer[];
  readonly blobs: BlobStore;
  /**
   * Puts the clock of all servers forward once no transaction and no read is under way: none of them takes as long as
   * what collection waits for.
   */
  jumpMs(milliseconds: number): Promise<void>;
  /** What must not be cut in two by a jump. */
  whole<T>(work: () => Promise<T>): Promise<T>;
}

/** Servers with connections of their own; in SQLite they share one. */
export async function startServers(kind: "sqlite" | DatabaseKind, count: number): Promise<Servers> {
  await using resources = new AsyncDisposableStack();
  const real = systemClock();
  let offset = 0;
  const clock: Clock = { nowMicros: () => real.nowMicros() + offset };
  const gate = new Gate();
  const blobs = resources.use(createMemoryBlobStore());
  const stores: MetadataStore[] = [];
  if (kind === "sqlite") {
    const store = resources.use(await createLibsqlMetadataStore({ path: ":memory:", clock }));
    stores.push(...Array.from({ length: count }, () => store));
  } else {
    const { settings } = resources.use(await aDatabase(kind));
    for (let index = 0; index < count; index += 1)
      stores.push(resources.use(await createRemoteMetadataStore({ kind, settings, clock })));
  }
  const all = stores.map((store): TestServer => {
    const context = { metadata: gated(store, gate), blobs, clock };
    const observer = {
      corruptChunk({ chunk, problem }: { chunk: { digest: string }; problem: string }) {
        throw new Error(`the chunk ${chunk.digest} is corrupt: ${problem}`);
      },
    };
    return { context, transfers: createTransfers(context, observer) };
  });
  const opened = resources.move();
  return {
    all,
    blobs,
    jumpMs: (milliseconds) => gate.alone(() => void (offset += milliseconds * 1000)),
    whole: (work) => gate.shared(work),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function gated(store: MetadataStore, gate: Gate): MetadataStore {
  return {
    read: (work) => gate.shared(() => store.read(work)),
    write: (work, options) => gate.shared(() => store.write(work, options)),
    onChanges: (namespaceId, listener) => store.onChanges(namespaceId, listener),
    check: () => store.check(),
    async [Symbol.asyncDispose]() {},
  };
}

/** Many at once, or one alone. Whoever is inside may go in again. */
class Gate {
  #inside = 0;
  #empty = Promise.withResolvers<void>();

  async shared<T>(work: () => Promise<T>): Promise<T> {
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) {
        this.#empty.resolve();
        this.#empty = Promise.withResolvers<void>();
      }
    }
  }

  /** `change` happens at once when nobody is inside. */
  async alone(change: () => void): Promise<void> {
    while (this.#inside > 0) await this.#empty.promise;
    change();
  }
}
