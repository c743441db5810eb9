import type { ModelBoxClient } from "../model-box-client.ts";

/** What a transfer must know of the server. */
export interface ServerFacts {
  /** Base addresses of the blob routes, at least one, without a slash at the end. */
  readonly blobAddresses: readonly string[];
  /** Most chunks in one FindMissingChunks. */
  readonly maxFindChunks: number;
}

/** Asks the server what a transfer must know. */
export async function askServerFacts(client: ModelBoxClient, signal: AbortSignal): Promise<ServerFacts> {
  const info = await client.serverInfo.getServerInfo({}, { signal });
  const addresses = info.blobAddrs.map((one) => one.replace(/\/+$/, ""));
  for (const address of addresses) client.http.trust(address);
  return {
    blobAddresses: addresses.length === 0 ? [client.http.baseUrl] : addresses,
    maxFindChunks: Math.max(1, info.limits?.maxFindChunks ?? 1),
  };
}

/** Takes the addresses in turn, so that several blob servers share the work. */
export function takeTurns(addresses: readonly string[]): () => string {
  let next = 0;
  return () => {
    const address = addresses[next % addresses.length];
    if (address === undefined) throw new RangeError("there is no address to take");
    next += 1;
    return address;
  };
}

/** Whether an address is one of this machine. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
