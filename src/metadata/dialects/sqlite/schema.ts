import { sqliteKit } from "../../kits/sqlite.ts";
import { tables } from "../../tables.ts";

/** The schema on SQLite: what drizzle-kit makes migrations from. */
export const sqliteTables = tables(sqliteKit);

export const {
  namespaces,
  experiments,
  checkpoints,
  models,
  versions,
  tagAssignments,
  artifacts,
  files,
  pendingFiles,
  fileChunks,
  chunks,
  packs,
  condemnedChunks,
  doomedObjects,
  namespaceStorage,
  pendingEncodings,
  pendingRebases,
  chunkTotals,
  chunkHolds,
  leases,
  leaseFences,
  labels,
  metricSeries,
  metricPoints,
  events,
  lineageEdges,
  changes,
  changeCounters,
  requests,
  jobs,
  tokens,
} = sqliteTables;
