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
  };
}

/** Whether an address is one of this machine. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
