import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  FindMissingChunksRequestSchema,
  FindMissingChunksResponseSchema,
} from "../../src/gen/modelbox/v1/artifact_service_pb.ts";
import { callJson } from "../harness/json-call.ts";
import type { ModelBoxServer } from "../harness/model-box-server.ts";

const CHUNK_BYTES = 4_194_304n;

/** Asks for digests, so many to a call, under one lease; returns the time of each call. */
export async function findMissing(
  server: ModelBoxServer,
  digests: readonly string[],
  perCall: number,
  missingPerCall: number,
): Promise<number[]> {
  const begin = { namespace: "bench", holder: "bench", ttl: "3600s" };
  const { lease } = (await callJson(server, "ArtifactService/BeginUpload", begin)) as {
    lease: { id: string };
  };
  const times: number[] = [];
  for (let start = 0; start < digests.length; start += perCall) {
    const chunks = digests
      .slice(start, start + perCall)
      .map((sha256) => ({ sha256, sizeBytes: CHUNK_BYTES }));
    const body = toBinary(
      FindMissingChunksRequestSchema,
      create(FindMissingChunksRequestSchema, { leaseId: lease.id, chunks }),
    );
    const startedAt = performance.now();
    const response = await fetch(`${server.httpAddr}/modelbox.v1.ArtifactService/FindMissingChunks`, {
      method: "POST",
      headers: { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" },
      body,
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    times.push(performance.now() - startedAt);
    if (!response.ok) throw new Error(`${response.status}: ${new TextDecoder().decode(answer)}`);
    const { missing } = fromBinary(FindMissingChunksResponseSchema, answer);
    if (missing.length !== missingPerCall) throw new Error(`${missing.length} are missing`);
  }
  return times;
}
