import { describe, expect, test } from "bun:test";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { everybody, openServices } from "../../../test/support/rpc.ts";
import { createExperiment } from "../experiments/create.ts";
import { createNamespace } from "../namespaces/create.ts";
import type { ServiceContext } from "../context.ts";
import { watchChanges, type WatchMessage } from "./watch.ts";

const fields = { owner: "", description: "", quotaBytes: null, labels: {}, requestId: "" };
const watchAll = { namespace: "n", afterSequence: 0, kinds: [] };

function addExperiment(context: ServiceContext, name: string): Promise<unknown> {
  const input = { ...fields, namespace: "n", name, externalId: "", framework: "" };
  return createExperiment(context, everybody, input);
}

/** The store as another process would see it: its commits are not announced here. */
function withoutAnnouncements(metadata: MetadataStore): MetadataStore {
  return {
    read: (work) => metadata.read(work),
    write: (work) => metadata.write(work),
    onChanges: () => () => undefined,
    check: () => metadata.check(),
    [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose](),
  };
}

/** Messages up to the first for which the condition holds. */
async function until(
  stream: AsyncGenerator<WatchMessage>,
  condition: (message: WatchMessage) => boolean,
): Promise<WatchMessage[]> {
  const seen: WatchMessage[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done === true) throw new Error("the stream ended");
    seen.push(next.value);
    if (condition(next.value)) return seen;
  }
}

describe("watchChanges", () => {
  test("gives signs of life while nothing happens, with the last sequence number", async () => {
    await using services = await openServices();
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    const { signal } = new AbortController();
    const stream = watchChanges(services.service, everybody, watchAll, { signal, heartbeatMs: 5, pollMs: 1 });
    const seen = [...(await until(stream, (one) => one.change !== undefined)), (await stream.next()).value];
    expect(seen.map((one) => [one?.sequence, one?.change?.objectPath])).toEqual([
      [0, undefined],
      [1, "n"],
      [1, undefined],
    ]);
    await stream.return();
  });

  test("sees what another process commits", async () => {
    await using services = await openServices();
    const deaf: ServiceContext = { ...services.service, metadata: withoutAnnouncements(services.metadata) };
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    const { signal } = new AbortController();
    const stream = watchChanges(deaf, everybody, { ...watchAll, afterSequence: 1 }, { signal, pollMs: 1 });
    await stream.next();
    const next = stream.next();
    await addExperiment(services.service, "e");
    expect((await next).value).toMatchObject({ sequence: 2, change: { objectPath: "n/e" } });
    await stream.return();
  });

  test("does not poll to see what this process commits", async () => {
    await using services = await openServices();
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    const { signal } = new AbortController();
    const options = { signal, pollMs: 3_600_000, heartbeatMs: 3_600_000 };
    const stream = watchChanges(services.service, everybody, { ...watchAll, afterSequence: 1 }, options);
    await stream.next();
    for (const name of ["a", "b", "c"]) {
      const next = stream.next();
      await addExperiment(services.service, name);
      expect((await next).value).toMatchObject({ change: { objectPath: `n/${name}` } });
    }
    await stream.return();
  });

  test("ends with the reason when the server stops, and quietly when the client leaves", async () => {
    await using services = await openServices();
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    const slow = { pollMs: 3_600_000, heartbeatMs: 3_600_000 };
    const open = async (controller: AbortController) => {
      const options = { ...slow, signal: controller.signal };
      const stream = watchChanges(services.service, everybody, { ...watchAll, afterSequence: 1 }, options);
      await stream.next();
      return stream;
    };
    const stopping = new AbortController();
    const next = (await open(stopping)).next();
    const reason = new DomainError("unavailable", "SHUTTING_DOWN", "The server is shutting down.");
    stopping.abort(reason);
    expect(await next.catch((error: unknown) => error)).toBe(reason);
    const leaving = new AbortController();
    const last = (await open(leaving)).next();
    leaving.abort();
    expect((await last).done).toBe(true);
  });

  test("keeps only a few changes in memory for a slow reader, and leaves none out", async () => {
    await using services = await openServices();
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    for (let index = 0; index < 100; index += 1) await addExperiment(services.service, `e${index}`);
    let longest = 0;
    const { metadata } = services;
    const counting: MetadataStore = {
      ...withoutAnnouncements(metadata),
      onChanges: (namespaceId, listener) => metadata.onChanges(namespaceId, listener),
      read: async (work) => {
        const result = await metadata.read(work);
        const changes = (result as { readonly changes?: readonly unknown[] }).changes ?? [];
        longest = Math.max(longest, changes.length);
        return result;
      },
    };
    const { signal } = new AbortController();
    const context = { ...services.service, metadata: counting };
    const stream = watchChanges(context, everybody, watchAll, { signal });
    const seen = await until(stream, (one) => one.sequence === 101);
    expect(seen.map((one) => one.sequence)).toEqual(Array.from({ length: 102 }, (_, index) => index));
    expect(longest).toBeWithin(1, 100);
    await stream.return();
  });

  test("stops listening when it ends", async () => {
    await using services = await openServices();
    await createNamespace(services.service, everybody, { ...fields, name: "n" });
    let listeners = 0;
    const counted: MetadataStore = {
      ...withoutAnnouncements(services.metadata),
      onChanges: (namespaceId, listener) => {
        listeners += 1;
        const stop = services.metadata.onChanges(namespaceId, listener);
        return () => {
          listeners -= 1;
          stop();
        };
      },
    };
    const { signal } = new AbortController();
    const stream = watchChanges({ ...services.service, metadata: counted }, everybody, watchAll, { signal });
    await stream.next();
    expect(listeners).toBe(1);
    await stream.return();
    expect(listeners).toBe(0);
  });
});
