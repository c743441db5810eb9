import { resolve } from "node:path";
import { systemClock } from "../domain/clock.ts";
import { failedPrecondition } from "../domain/errors.ts";
import { backUp, type BackupResult } from "../service/archive/back-up.ts";
import { checkArchive, type CheckedArchive } from "../service/archive/check-archive.ts";
import { FORMAT, type ArchiveHead } from "../service/archive/format.ts";
import { restore } from "../service/archive/restore.ts";
import type { CopyOptions } from "../service/copy/storage.ts";
import { version } from "../version.ts";
import { openForFilling, openBeside, storageStatus, type ServerConfig } from "./context.ts";
import { placesOf, type Places } from "./places.ts";

/** Writes all that a server has to one file, whether the server runs or not. */
export async function backUpServer(
  config: ServerConfig,
  path: string,
  options: CopyOptions,
): Promise<BackupResult> {
  const clock = systemClock();
  await using from = await openBeside(config, clock, false);
  const { applied, database } = await storageStatus(config);
  const head: ArchiveHead = {
    format: FORMAT,
    modelbox: version,
    schema: applied.at(-1)?.tag ?? "",
    createdAt: new Date(clock.nowMicros() / 1000).toISOString(),
    source: database,
  };
  return await backUp({ from, path, head, ...options });
}

/** What was restored, and where to. */
export interface RestoredServer extends CheckedArchive {
  readonly to: Places;
}

/** Fills an empty storage from an archive. Nothing is touched before all of the archive was found to be right. */
export async function restoreServer(
  config: ServerConfig,
  path: string,
  { signal, onProgress }: Pick<CopyOptions, "signal" | "onProgress">,
): Promise<RestoredServer> {
  const archive = await checkArchive(resolve(path), signal);
  const { createdAt, source } = archive.head;
  const { sha256 } = archive.manifest;
  const name = `the backup of ${source} from ${createdAt} (${sha256.slice(0, 12)})`;
  await requireSchema(config, archive);
  await using to = await openForFilling(config, systemClock(), name);
  await restore({ to, archive, signal, onProgress });
  return { ...archive, to: placesOf(config) };
}

async function requireSchema(config: ServerConfig, { head }: CheckedArchive): Promise<void> {
  const { applied, pending } = await storageStatus(config);
  const own = pending.at(-1) ?? applied.at(-1)?.tag;
  if (own === head.schema) return;
  throw failedPrecondition(
    "ARCHIVE_SCHEMA",
    `The archive was written by ModelBox ${head.modelbox} with schema ${head.schema}, and this is ModelBox ${version} with ` +
      `schema ${own}; restore it with ModelBox ${head.modelbox}, and upgrade then.`,
  );
}
