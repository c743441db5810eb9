import { expect, test } from "bun:test";
import { DomainError } from "../../domain/errors.ts";
import { everybody, openServices } from "../../../test/support/rpc.ts";
import { mutate } from "../mutation.ts";
import { experimentViews } from "../views/experiments.ts";
import { everyPage } from "./every-page.ts";
import { removeExperiment, removeExperimentsOf } from "./experiments.ts";
import { startRemoval } from "./removal.ts";

/** More than a thousand commits; a loaded machine takes its time. */
const TIMEOUT_MS = 60_000;

const call = { method: "Test", requestId: "", request: {} };

test("a call that would delete too many objects deletes none", async () => {
  await using services = await openServices();
  const { experiments, checkpoints, changes } = services.clients;
  for (const name of ["a", "b"]) {
    await experiments.createExperiment({ namespace: "n", name });
    for (const step of [1n, 2n]) await checkpoints.createCheckpoint({ experiment: `n/${name}`, step });
  }
  const { namespaceId } = (await experiments.getExperiment({ experiment: "n/a" })).experiment!;
  const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
  const remove = (limit: number) =>
    mutate(services.service, everybody, call, async (mutation) => {
      await removeExperimentsOf(startRemoval(mutation, limit), namespaceId);
      return {};
    });
  const error = await remove(5).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DomainError);
  expect(error).toMatchObject({ kind: "failed_precondition", reason: "TOO_MANY_OBJECTS" });
  expect((await checkpoints.listCheckpoints({ experiment: "n/-" })).checkpoints).toHaveLength(4);
  expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(before);
  await remove(6);
  expect((await experiments.listExperiments({ namespace: "n" })).experiments).toEqual([]);
  expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(before + 6n);
});

test(
  "goes through more objects than one page has, with more changes than wait in memory",
  async () => {
    await using services = await openServices();
    const { experiments, checkpoints, changes } = services.clients;
    const { experiment } = await experiments.createExperiment({ namespace: "n", name: "e" });
    const count = 1_103;
    for (let step = 0; step < count; step += 1)
      await checkpoints.createCheckpoint({ experiment: "n/e", step: BigInt(step) });
    const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
    await mutate(services.service, everybody, call, async (mutation) => {
      const { tx } = mutation;
      const scope = { type: "namespace", id: experiment!.namespaceId } as const;
      for await (const page of everyPage((query) => tx.experiments.list(query), scope)) {
        for (const view of await experimentViews(tx, page))
          await removeExperiment(startRemoval(mutation), view);
      }
      return {};
    });
    expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(before + BigInt(count) + 1n);
    expect((await checkpoints.listCheckpoints({ experiment: "n/-" })).checkpoints).toEqual([]);
  },
  TIMEOUT_MS,
);
