import { systemClock } from "../domain/clock.ts";
import { failedPrecondition, invalid } from "../domain/errors.ts";
import { copyAll, type CopyResult } from "../service/copy/copy.ts";
import type { CopyOptions } from "../service/copy/storage.ts";
import { openForFilling, openBeside, type ServerConfig } from "./context.ts";
import { placesOf, type Places } from "./places.ts";

/** A copy from what one configuration names to what another does. */
export interface ServerCopyOptions extends CopyOptions {
  readonly from: ServerConfig;
  readonly to: ServerConfig;
}

/** What was copied, and between which places. */
export interface ServerCopy extends CopyResult {
  readonly from: Places;
  readonly to: Places;
}

/** Copies all that a server has to another storage, while nothing writes to it. */
export async function copyServer({ from, to, ...options }: ServerCopyOptions): Promise<ServerCopy> {
  const [source, target] = [placesOf(from), placesOf(to)];
  if (source.metadata === target.metadata) {
    throw invalid("--to-config", `names the database of the source (${source.metadata}); name another one`);
  }
  if (!from.readOnly) {
    throw failedPrecondition(
      "SOURCE_WRITABLE",
      "The source may be written to while it is copied: set read_only = true in its configuration, and restart every " +
        "server that runs on it.",
    );
  }
  const clock = systemClock();
  await using reading = await openBeside(from, clock, true);
  await using filling = await openForFilling(to, clock, source.metadata);
  const sameBlobs = source.blobs === target.blobs;
  const result = await copyAll({ from: reading, to: filling, sameBlobs, ...options });
  return { from: source, to: target, ...result };
}
