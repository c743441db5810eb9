import type { ServiceImpl } from "@connectrpc/connect";
import {
  MAX_CHUNK_BYTES,
  MAX_CHUNKS_PER_COMMIT,
  MAX_FILES_PER_COMMIT,
  MAX_FIND_CHUNKS,
  MAX_MESSAGE_BYTES,
  MAX_METRIC_POINTS_PER_CALL,
  MAX_PACK_BYTES,
  MAX_PACK_CHUNKS,
  MAX_PACKED_CHUNK_BYTES,
  MAX_PAGE_SIZE,
  MAX_READ_FILES,
  MAX_READ_FILES_BYTES,
  TARGET_CHUNK_BYTES,
} from "../../domain/limits.ts";
import type { ServerInfoService } from "../../gen/modelbox/v1/server_info_service_pb.ts";
import type { RpcApp } from "./app.ts";
import { encodeTime } from "./encode/values.ts";

const limits = {
  maxChunkBytes: BigInt(MAX_CHUNK_BYTES),
  targetChunkBytes: BigInt(TARGET_CHUNK_BYTES),
  maxFindChunks: MAX_FIND_CHUNKS,
  maxPageSize: MAX_PAGE_SIZE,
  maxMetricPoints: MAX_METRIC_POINTS_PER_CALL,
  maxMessageBytes: BigInt(MAX_MESSAGE_BYTES),
  maxFiles: MAX_FILES_PER_COMMIT,
  maxChunks: MAX_CHUNKS_PER_COMMIT,
  maxPackBytes: BigInt(MAX_PACK_BYTES),
  maxPackChunks: MAX_PACK_CHUNKS,
  maxPackedChunkBytes: BigInt(MAX_PACKED_CHUNK_BYTES),
  maxReadFiles: MAX_READ_FILES,
  maxReadFilesBytes: BigInt(MAX_READ_FILES_BYTES),
};

export function serverInfoService({ service, serverInfo }: RpcApp): ServiceImpl<typeof ServerInfoService> {
  return {
    getServerInfo() {
      const { roles, blobAddrs, ...info } = serverInfo();
      const time = encodeTime(service.clock.nowMicros());
      return { ...info, roles: [...roles], blobAddrs: [...blobAddrs], limits, time };
    },
  };
}
