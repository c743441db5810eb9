import { expect, test } from "bun:test";
import { createMemoryBlobStore } from "../../src/blob/index.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { createRemoteMetadataStore } from "../../src/metadata/index.ts";
import { beginUpload } from "../../src/service/blobs/begin-upload.ts";
import { createNamespace } from "../../src/service/namespaces/create.ts";
import { everybody } from "../support/rpc.ts";
import { aDatabase } from "../support/storage-environment.ts";

for (const kind of ["mysql", "postgres"] as const) {
  test(`of uploads that begin through two servers at once, as many get room as there is: ${kind}`, async () => {
    await using database = await aDatabase(kind);
    const open = async () => ({
      metadata: await createRemoteMetadataStore({ kind, settings: database.settings }),
      blobs: createMemoryBlobStore(),
      clock: systemClock(),
    });
    const [first, second] = [await open(), await open()];
    await using _first = first.metadata;
    await using _second = second.metadata;
    const { namespace } = await createNamespace(first, everybody, {
      name: "n",
      owner: "",
      description: "",
      quotaBytes: 100,
      labels: {},
      requestId: "",
    });
    const upload = { namespace: "n", holder: "", sizeBytes: 9, ttlMs: 60_000, requestId: "" };
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        beginUpload(index % 2 === 0 ? first : second, everybody, upload),
      ),
    );
    expect(results.filter((result) => result.status === "fulfilled").length).toBe(11);
    const reasons = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { reason?: string }).reason] : [],
    );
    expect(new Set(reasons)).toEqual(new Set(["QUOTA_EXCEEDED"]));
    const now = systemClock().nowMicros();
    expect(await second.metadata.read((tx) => tx.leases.reservedBytes(namespace.id, now))).toBe(99);
  });
}
