import type { StagedChunk } from "../../domain/direct-transfer.ts";
import { SettingError } from "../setting-error.ts";
import type { S3DirectTransfer } from "./direct.ts";
import type { ObjectNames } from "./object-names.ts";
import type { S3Requests } from "./requests.ts";

/** How long the address lives that is tried out. */
const LIFE_SECONDS = 60;

/**
 * Tries out that a signed address takes the bytes that it is for and no others, that the store tells their digest, and
 * that it copies them. Throws SettingError otherwise: nobody would notice other bytes before they were committed.
 */
export async function probeDirect(
  direct: S3DirectTransfer,
  requests: S3Requests,
  names: ObjectNames,
  ca: readonly string[] | undefined,
): Promise<void> {
  const bytes = new TextEncoder().encode(crypto.randomUUID());
  const others = bytes.map((byte) => byte ^ 1);
  const chunk = { leaseId: crypto.randomUUID(), digest: digestOf(bytes).toString("hex") };
  const { url, headers } = await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS);
  const put = async (body: Uint8Array<ArrayBuffer>, sent: Readonly<Record<string, string>>) => {
    const signal = AbortSignal.timeout(requests.patience.answerMs);
    const tls = ca === undefined ? {} : { tls: { ca: [...ca] } };
    const answer = await fetch(url, {
      method: "PUT",
      headers: sent,
      body,
      signal,
      redirect: "manual",
      ...tls,
    });
    await answer.body?.cancel();
    return answer;
  };
  const copy = names.check();
  try {
    const forOthers = { ...headers, "x-amz-checksum-sha256": digestOf(others).toString("base64") };
    for (const sent of [headers, forOthers, {}]) {
      if ((await put(others, sent)).ok)
        throw refused("takes other bytes than those that an address was signed for");
    }
    const { ok, status } = await put(bytes, headers);
    if (!ok) throw refused(`answers ${status} to bytes that are sent to a signed address`);
    await requireDigest(direct, chunk, bytes.byteLength);
    await direct.copy(names.staged(chunk), copy);
  } finally {
    await direct.discard(chunk);
    await requests.delete(copy);
  }
}

async function requireDigest(direct: S3DirectTransfer, chunk: StagedChunk, sizeBytes: number): Promise<void> {
  if ((await direct.stagedSize(chunk)) !== sizeBytes)
    throw refused("does not tell the SHA-256 that it has found");
}

function digestOf(bytes: Uint8Array): Buffer {
  return new Bun.CryptoHasher("sha256").update(bytes).digest();
}

function refused(what: string): SettingError {
  return new SettingError(
    "blob_transfer",
    `the object store ${what}, so that nobody would check what clients put there; set blob_transfer = "proxy"`,
  );
}
