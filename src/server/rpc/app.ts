import type { HandlerContext } from "@connectrpc/connect";
import type { Caller, ServiceContext } from "../../service/context.ts";
import type { StorageSurveys } from "../../service/storage/survey.ts";
import { callerKey } from "../call.ts";

/** What the implementations of the services work with. */
export interface RpcApp {
  readonly service: ServiceContext;
  /** About this process; asked for with every call, since ports are known only once it listens. */
  readonly serverInfo: () => ServerInfo;
  readonly surveys: StorageSurveys;
  /** XXH3 of the bytes with a SHA-256 (hex), where this process knows it. */
  readonly xxh3Of: (digest: string) => bigint | undefined;
}

/** What clients need to know about this process. */
export interface ServerInfo {
  readonly version: string;
  /** Source revision that it was built from. */
  readonly revision: string;
  /** "metadata", "blob". */
  readonly roles: readonly string[];
  /** Base addresses of the blob routes; empty when they are where the call came to. */
  readonly blobAddrs: readonly string[];
  /** Whether clients may move chunks to and from the object store themselves. */
  readonly directTransfer: boolean;
  /** Where native gRPC is served, or "". */
  readonly grpcAddr: string;
}

/** Who calls; set by the gate before any implementation runs. */
export function callerOf(context: HandlerContext): Caller {
  return context.values.get(callerKey);
}
