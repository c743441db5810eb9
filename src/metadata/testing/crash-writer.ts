/** A process of its own that writes until it is killed, and says of each write that it was acknowledged. */
import { writeSync } from "node:fs";
import { newId } from "../../domain/ids.ts";
import { aChange, aModel, aNamespace } from "../conformance/fixtures.ts";
import { createLibsqlMetadataStore } from "../index.ts";

const WRITERS = 8;

const store = await createLibsqlMetadataStore({ path: process.argv[2] ?? "" });
const namespace = aNamespace({ name: `n-${newId()}` });
await store.write((tx) => tx.namespaces.insert(namespace));
await Promise.all(
  Array.from({ length: WRITERS }, async () => {
    for (;;) {
      const model = aModel(namespace, { name: `m-${newId()}`, description: "x".repeat(2000) });
      await store.write(async (tx) => {
        await tx.models.insert(model);
        await tx.changes.append([aChange(namespace, { kind: "model", objectId: model.id })]);
      });
      // Written at once and whole: what is in the pipe outlives the process.
      writeSync(1, `${namespace.id} ${model.id}\n`);
    }
  }),
);
