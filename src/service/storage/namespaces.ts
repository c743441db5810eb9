import type { Namespace } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { NO_CHUNKS, type ChunkSums, type FileTotals } from "../../domain/storage-report.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed } from "../paging.ts";
import { resolveNamespace } from "../references/resolve.ts";
import type { StorageSurvey, StorageSurveys } from "./survey.ts";

const SHAPE = {
  method: "ListNamespaceStorage",
  orderFields: ["name"],
  metricOrder: false,
};

/** What a namespace may have, has, and takes. */
export interface NamespaceStorage extends FileTotals {
  readonly namespace: Namespace;
  readonly reservedBytes: number;
  readonly chunks: ChunkSums;
  /** When chunks were counted; the rest is of now. */
  readonly measuredAt: number;
}

export async function namespaceStorage(
  context: ServiceContext,
  surveys: StorageSurveys,
  caller: Caller,
  reference: string,
): Promise<NamespaceStorage> {
  // Asked before anything is counted.
  const { id } = await context.metadata.read((tx) => resolveNamespace(tx, caller, reference));
  const survey = await surveys.recent();
  return context.metadata.read(async (tx) =>
    storageOf(tx, await resolveNamespace(tx, caller, id), survey, context.clock.nowMicros()),
  );
}

export interface ServerStorage extends FileTotals {
  readonly survey: StorageSurvey;
}

/** A page may have fewer rows than asked for where the caller may not read all namespaces. */
export async function listNamespaceStorage(
  context: ServiceContext,
  surveys: StorageSurveys,
  caller: Caller,
  input: { readonly pageSize: number; readonly pageToken: string },
): Promise<Listed<NamespaceStorage> & { readonly server: ServerStorage }> {
  const survey = await surveys.recent();
  return context.metadata.read(async (tx) => {
    const now = context.clock.nowMicros();
    const page = await listPage(
      SHAPE,
      { type: "all" },
      { ...input, filter: "", orderBy: "name" },
      (query) => tx.namespaces.list(query),
      async (rows) => {
        const composed: (NamespaceStorage | undefined)[] = [];
        for (const one of rows)
          composed.push(canRead(caller, one.id) ? await storageOf(tx, one, survey, now) : undefined);
        return composed;
      },
    );
    const server = { ...(await tx.storage.ofAll()), survey };
    return { ...page, items: page.items.filter((one) => one !== undefined), server };
  });
}

async function storageOf(
  tx: MetadataReader,
  namespace: Namespace,
  survey: StorageSurvey,
  now: number,
): Promise<NamespaceStorage> {
  return {
    namespace,
    ...(await tx.storage.ofNamespace(namespace.id)),
    reservedBytes: await tx.leases.reservedBytes(namespace.id, now),
    chunks: survey.namespaces.get(namespace.id) ?? NO_CHUNKS,
    measuredAt: survey.measuredAt,
  };
}
