import type { ConnectRouter } from "@connectrpc/connect";
import { createTransfers, type CorruptChunk } from "../service/blobs/transfers.ts";
import { digestVerifier } from "../service/blobs/verify-digests.ts";
import type { Caller } from "../service/context.ts";
import { StorageSurveys } from "../service/storage/survey.ts";
import { purgeExpired } from "../service/maintenance.ts";
import { TokenChecker } from "../service/tokens/check.ts";
import { commit, version } from "../version.ts";
import type { Role } from "./access-table.ts";
import { collectJob } from "./collect-job.ts";
import type { AppContext } from "./context.ts";
import { encodeJob } from "./encode-job.ts";
import { blobRoutes } from "./http/blob-routes.ts";
import type { HttpRoute } from "./http/route.ts";
import { withoutTokens, withTokens, type Authenticate } from "./interceptors/authenticate.ts";
import type { Job } from "./jobs.ts";
import type { BoundAddresses } from "./listeners.ts";
import { registerServices, type ServerInfo } from "./rpc/index.ts";

const PURGE_INTERVAL_MS = 10 * 60_000;
/** How long a large file waits at least until its digest is known. */
const VERIFY_INTERVAL_MS = 1_000;

/** How old the figures about storage are at most, unless it takes long to measure them. */
const MEASURE_INTERVAL_MS = 10 * 60_000;
const MEASURE_CHECK_MS = 60_000;

/** What a client has put to the store and not had taken in by then, it never will: its addresses live for minutes. */
const STAGED_AGE_MS = 60 * 60_000;

/** All that the listeners serve and the background does. */
export interface Composition {
  readonly authenticate: Authenticate;
  /** Called more than once. */
  readonly register: (router: ConnectRouter) => void;
  readonly routes: readonly HttpRoute[];
  readonly jobs: readonly Job[];
}

/** The one place where services, routes and jobs are put together. `addresses` is asked once the server listens. */
export function compose(context: AppContext, addresses: () => BoundAddresses): Composition {
  const { config } = context;
  const transfers = createTransfers(context, { corruptChunk: (found) => reportCorruptChunk(context, found) });
  const surveys = new StorageSurveys(context, (survey) => context.metrics.storageMeasured(survey));
  const verifyDigests = digestVerifier(transfers);
  const serverInfo = (): ServerInfo => ({
    version,
    revision: commit,
    roles: config.roles,
    blobAddrs: config.publicBlobAddrs,
    directTransfer: context.direct !== undefined,
    grpcAddr: config.publicGrpcAddr || addresses().grpc,
  });
  const authenticate = config.auth === "token" ? withTokens(tokenCheck(context)) : withoutTokens;
  const jobs: readonly (Job & { readonly role: Role })[] = [
    {
      name: "verify digests",
      role: "blob",
      intervalMs: VERIFY_INTERVAL_MS,
      run: async (signal) => ({ ...(await verifyDigests(signal)) }),
    },
    {
      name: "purge",
      role: "metadata",
      intervalMs: PURGE_INTERVAL_MS,
      run: async (signal) => ({ ...(await purgeExpired(context, signal)) }),
    },
    {
      name: "measure storage",
      role: "metadata",
      intervalMs: MEASURE_CHECK_MS,
      // What it found is in the metrics, and no news for the log.
      run: async (signal) => {
        await surveys.refresh(MEASURE_INTERVAL_MS, signal);
        return {};
      },
    },
    {
      name: "discard staged chunks",
      role: "metadata",
      intervalMs: PURGE_INTERVAL_MS,
      run: async (signal) => ({
        discarded: (await context.direct?.discardOlder(STAGED_AGE_MS, signal)) ?? 0,
      }),
    },
    ...(config.collection.enabled
      ? [{ role: "metadata" as const, ...collectJob(context, transfers.load) }]
      : []),
    ...(config.encoding.enabled ? [{ role: "blob" as const, ...encodeJob(context, transfers.load) }] : []),
  ];
  return {
    authenticate,
    register: (router) =>
      registerServices(router, {
        service: context,
        serverInfo,
        surveys,
        xxh3Of: (digest) => transfers.notes.xxh3(digest),
      }),
    routes: blobRoutes(transfers),
    // They write, and what is copied meanwhile must stay as it is.
    jobs: config.readOnly ? [] : jobs.filter(({ role }) => config.roles.includes(role)),
  };
}

function tokenCheck(context: AppContext): (token: string) => Promise<Caller> {
  const { config, log } = context;
  const checker = new TokenChecker(context, {
    noteUse: !config.readOnly,
    noteFailed: (error) => log.warn({ err: error }, "the use of a token could not be noted"),
  });
  return (token) => checker.check(token);
}

function reportCorruptChunk({ log, metrics }: AppContext, { chunk, problem }: CorruptChunk): void {
  metrics.corruptChunkFound(problem);
  log.error({ problem, digest: chunk.digest, object: chunk.objectKey }, "stored chunk can't be served");
}
