import { TOTAL_SHARDS } from "../../domain/storage-checks.ts";
import { report, type Check } from "./check.ts";

/** Compares what is noted of the number of chunks with their rows. */
export async function checkTotals(check: Check): Promise<void> {
  for (let shard = 0; shard < TOTAL_SHARDS; shard += 1) {
    check.signal?.throwIfAborted();
    const { noted, counted } = await check.storage.metadata.read((tx) => tx.checks.totals(shard));
    if (Bun.deepEquals(noted, counted)) continue;
    const detail =
      `of the chunks whose digests begin with ${shard.toString(16)}, ${noted.count} with ${noted.storedBytes} bytes are noted, ` +
      `and there are ${counted.count} with ${counted.storedBytes}`;
    await report(
      check,
      { kind: "totals", detail, sha256: "", objectKey: "", sizeBytes: counted.storedBytes },
      (mender) => mender.totals(shard),
    );
  }
}
