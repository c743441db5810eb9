import {
  MAX_PACK_BYTES,
  MAX_PACK_CHUNKS,
  MAX_PACKED_CHUNK_BYTES,
  MAX_READ_FILES,
  MAX_READ_FILES_BYTES,
} from "../../domain/limits.ts";
import type { Limits } from "../../gen/modelbox/v1/server_info_service_pb.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { BlobAddresses } from "./blob-addresses.ts";
import { DirectStore } from "./direct-store.ts";

/** What a transfer must know of the server. */
export interface ServerFacts {
  /** Where the blob routes are. */
  readonly blobAddresses: BlobAddresses;
  /** What can be moved past the server. */
  readonly directStore: DirectStore;
  /** Most chunks in one FindMissingChunks. */
  readonly maxFindChunks: number;
  /** Undefined where small chunks can only be sent one by one. */
  readonly packs: PackLimits | undefined;
  /** Undefined where files can only be asked for one by one. */
  readonly reads: ReadLimits | undefined;
}

/** What the server gives of small files with one request. */
export interface ReadLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** What the server takes of small chunks with one request. */
export interface PackLimits {
  readonly maxBytes: number;
  readonly maxChunks: number;
  readonly maxChunkBytes: number;
}

/** Asks the server what a transfer must know. */
export async function askServerFacts(client: ModelBoxClient, signal: AbortSignal): Promise<ServerFacts> {
  const info = await client.serverInfo.getServerInfo({}, { signal });
  const addresses = info.blobAddrs.map((one) => one.replace(/\/+$/, ""));
  for (const address of addresses) client.http.trust(address);
  const all = addresses.length === 0 ? [client.http.baseUrl] : [...new Set(addresses)];
  return {
    blobAddresses: await BlobAddresses.open(client.http, all, signal),
    directStore: new DirectStore(client.http, info.directTransfer, signal),
    maxFindChunks: Math.max(1, info.limits?.maxFindChunks ?? 1),
    packs: packLimits(info.limits),
    reads: readLimits(info.limits),
  };
}

/** A server that is older than packs has no such limits. */
function packLimits(limits: Limits | undefined): PackLimits | undefined {
  if (limits === undefined || limits.maxPackBytes === 0n) return undefined;
  return {
    maxBytes: Math.min(Number(limits.maxPackBytes), MAX_PACK_BYTES),
    maxChunks: Math.min(limits.maxPackChunks, MAX_PACK_CHUNKS),
    maxChunkBytes: Math.min(Number(limits.maxPackedChunkBytes), MAX_PACKED_CHUNK_BYTES),
  };
}

function readLimits(limits: Limits | undefined): ReadLimits | undefined {
  if (limits === undefined || limits.maxReadFiles === 0) return undefined;
  return {
    maxFiles: Math.min(limits.maxReadFiles, MAX_READ_FILES),
    maxBytes: Math.min(Number(limits.maxReadFilesBytes), MAX_READ_FILES_BYTES),
  };
}

/** Whether an address is one of this machine. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
