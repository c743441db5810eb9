import { describe, expect, test } from "bun:test";
import { ChangeAction, type WatchChangesResponse } from "../../gen/modelbox/v1/change_service_pb.ts";
import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

/** The next messages that carry a change. */
async function take(
  stream: AsyncIterator<WatchChangesResponse>,
  count: number,
): Promise<WatchChangesResponse[]> {
  const taken: WatchChangesResponse[] = [];
  while (taken.length < count) {
    const next = await stream.next();
    if (next.done === true) throw new Error(`the stream ended after ${taken.length} changes`);
    if (next.value.change !== undefined) taken.push(next.value);
  }
  return taken;
}

describe("ListChanges", () => {
  test("numbers the changes of a namespace from 1 without gaps, whoever writes at the same time", async () => {
    await using services = await openServices();
    const { namespaces, experiments, changes } = services.clients;
    await namespaces.createNamespace({ name: "other" });
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        experiments.createExperiment({ namespace: "n", name: `e${index}` }),
      ),
    );
    const seen: bigint[] = [];
    let pageToken = "";
    do {
      const page = await changes.listChanges({ namespace: "n", pageSize: 7, pageToken });
      expect(page.lastSequence).toBe(41n);
      seen.push(...page.changes.map((one) => one.sequence));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toEqual(Array.from({ length: 41 }, (_, index) => BigInt(index + 1)));
  });

  test("carries who, what, and the new state; filters by kind", async () => {
    await using services = await openServices();
    const { experiments, changes } = services.clients;
    await experiments.createExperiment({ namespace: "n", name: "e" });
    const somebody = services.as({ actor: "ada", readable: "all", writable: "all" });
    await somebody.experiments.updateExperiment({ experiment: "n/e", update: { name: "f" } });
    const page = await changes.listChanges({ namespace: "n", kinds: [ObjectKind.EXPERIMENT] });
    expect(page.changes).toMatchObject([
      { sequence: 2n, actor: "tester", action: ChangeAction.CREATED, objectPath: "n/e" },
      {
        sequence: 3n,
        actor: "ada",
        action: ChangeAction.UPDATED,
        objectPath: "n/f",
        state: { value: { name: "f" } },
      },
    ]);
    const wrong = changes.listChanges({ namespace: "n", kinds: [ObjectKind.UNSPECIFIED] });
    expect((await failureOf(wrong)).fields).toEqual(["kinds[0]"]);
  });
});

describe("WatchChanges", () => {
  test("begins with a sign of life, then sends what comes, in order", async () => {
    await using services = await openServices();
    const { namespaces, experiments, changes } = services.clients;
    await namespaces.createNamespace({ name: "n" });
    const stream = changes.watchChanges({ namespace: "n" })[Symbol.asyncIterator]();
    const first = await stream.next();
    expect(first.value).toMatchObject({ sequence: 1n });
    expect(first.value.change).toBeUndefined();
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        experiments.createExperiment({ namespace: "n", name: `e${index}` }),
      ),
    );
    const got = await take(stream, 100);
    expect(got.map((one) => one.change?.sequence)).toEqual(
      Array.from({ length: 100 }, (_, index) => BigInt(index + 2)),
    );
    expect(got.every((one) => one.sequence === one.change?.sequence)).toBe(true);
    await stream.return?.();
  });

  test("resumes after any sequence number while others write", async () => {
    await using services = await openServices();
    const { experiments, changes } = services.clients;
    await experiments.createExperiment({ namespace: "n", name: "first" });
    const writing = (async () => {
      for (let index = 0; index < 60; index += 1) {
        await experiments.createExperiment({ namespace: "n", name: `e${index}` });
      }
    })();
    const seen: bigint[] = [];
    let afterSequence = 0n;
    while (seen.length < 62) {
      const stream = changes.watchChanges({ namespace: "n", afterSequence })[Symbol.asyncIterator]();
      for (const message of await take(stream, Math.min(9, 62 - seen.length))) {
        seen.push(message.change!.sequence);
        afterSequence = message.sequence;
      }
      await stream.return?.();
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 62 }, (_, index) => BigInt(index + 1)));
  });

  test("sends only the wanted kinds, and goes past the others", async () => {
    await using services = await openServices();
    const { experiments, models, changes } = services.clients;
    await experiments.createExperiment({ namespace: "n", name: "e" });
    const request = { namespace: "n", afterSequence: 0n, kinds: [ObjectKind.MODEL] };
    const stream = changes.watchChanges(request)[Symbol.asyncIterator]();
    await models.createModel({ namespace: "n", name: "m" });
    const [message] = await take(stream, 1);
    expect(message).toMatchObject({ sequence: 3n, change: { objectPath: "n/m" } });
    await stream.return?.();
  });

  test("ends when the namespace is deleted, and when the client leaves", async () => {
    await using services = await openServices();
    const { namespaces, changes } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "n" });
    const stream = changes.watchChanges({ namespace: "n" })[Symbol.asyncIterator]();
    await stream.next();
    await namespaces.deleteNamespace({ namespace: "n" });
    const [message] = await take(stream, 1);
    expect(message?.change?.action).toBe(ChangeAction.DELETED);
    expect((await stream.next()).done).toBe(true);
    const log = await changes.listChanges({ namespace: namespace!.id });
    expect(log.changes.map((one) => one.action)).toEqual([ChangeAction.CREATED, ChangeAction.DELETED]);
  });

  test("refuses to resume after a change that is not there yet, and an unknown namespace", async () => {
    await using services = await openServices();
    const { namespaces, changes } = services.clients;
    await namespaces.createNamespace({ name: "n" });
    const first = (request: { namespace: string; afterSequence?: bigint }) =>
      changes.watchChanges(request)[Symbol.asyncIterator]().next();
    expect(await failureOf(first({ namespace: "n", afterSequence: 2n }))).toMatchObject({
      code: "failed_precondition",
      reason: "SEQUENCE_AHEAD",
    });
    expect((await failureOf(first({ namespace: "none" }))).code).toBe("not_found");
    expect((await failureOf(first({ namespace: "n", afterSequence: -1n }))).fields).toEqual([
      "after_sequence",
    ]);
  });
});
