import { postgresKit } from "../../kits/postgres.ts";
import { tables } from "../../tables.ts";

/** The schema on PostgreSQL: what drizzle-kit makes migrations from. */
export const postgresTables = tables(postgresKit);

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
} = postgresTables;
