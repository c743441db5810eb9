import { mysqlKit } from "../../kits/mysql.ts";
import { tables } from "../../tables.ts";

/** The schema on MySQL: what drizzle-kit makes migrations from. */
export const mysqlTables = tables(mysqlKit);

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
} = mysqlTables;
