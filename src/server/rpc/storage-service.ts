import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import {
  GetNamespaceStorageRequestSchema,
  ListNamespaceStorageRequestSchema,
  ListObjectStorageRequestSchema,
  type NamespaceStorageSchema,
  type ObjectStorageSchema,
  type ServerStorageSchema,
  type StorageService,
} from "../../gen/modelbox/v1/storage_service_pb.ts";
import {
  listNamespaceStorage,
  namespaceStorage,
  type NamespaceStorage,
  type ServerStorage,
} from "../../service/storage/namespaces.ts";
import { listObjectStorage, type ObjectStorage } from "../../service/storage/objects.ts";
import { savings } from "../../service/storage/savings.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { pageFields } from "./decode/paging.ts";
import { namespace } from "./decode/references.ts";
import { WIRE_OBJECT_KIND } from "./encode/kinds.ts";
import { encodeTime } from "./encode/values.ts";

const getRequest = z.object({ namespace });
const listRequest = z.object(pageFields);
const listObjectsRequest = z.object({ namespace, ...pageFields });

export function storageService({ service, surveys }: RpcApp): ServiceImpl<typeof StorageService> {
  return {
    async getNamespaceStorage(request, context) {
      const input = decode(getRequest, request, GetNamespaceStorageRequestSchema);
      const storage = await namespaceStorage(service, surveys, callerOf(context), input.namespace);
      return { storage: encodeNamespaceStorage(storage) };
    },
    async listNamespaceStorage(request, context) {
      const input = decode(listRequest, request, ListNamespaceStorageRequestSchema);
      const page = await listNamespaceStorage(service, surveys, callerOf(context), input);
      return {
        namespaces: page.items.map(encodeNamespaceStorage),
        nextPageToken: page.nextPageToken,
        server: encodeServerStorage(page.server),
      };
    },
    async listObjectStorage(request, context) {
      const input = decode(listObjectsRequest, request, ListObjectStorageRequestSchema);
      const page = await listObjectStorage(service, surveys, callerOf(context), input);
      return {
        objects: page.items.map(encodeObjectStorage),
        nextPageToken: page.nextPageToken,
        namespace: encodeNamespaceStorage(page.namespace),
      };
    },
  };
}

function encodeNamespaceStorage(storage: NamespaceStorage): MessageInitShape<typeof NamespaceStorageSchema> {
  const { namespace: of, fileBytes, chunks } = storage;
  const saved = savings(fileBytes, chunks);
  return {
    namespaceId: of.id,
    name: of.name,
    ...(of.quotaBytes === null ? {} : { quotaBytes: BigInt(of.quotaBytes) }),
    reservedBytes: BigInt(storage.reservedBytes),
    fileCount: BigInt(storage.fileCount),
    logicalBytes: BigInt(fileBytes),
    chunkCount: BigInt(chunks.count),
    distinctBytes: BigInt(chunks.sizeBytes),
    storedBytes: BigInt(chunks.storedBytes),
    savedByReuseBytes: BigInt(saved.byReuseBytes),
    savedByEncodingBytes: BigInt(saved.byEncodingBytes),
    measuredAt: encodeTime(storage.measuredAt),
  };
}

function encodeServerStorage(storage: ServerStorage): MessageInitShape<typeof ServerStorageSchema> {
  const { survey, fileCount, fileBytes } = storage;
  const { used } = survey;
  const saved = savings(fileBytes, used);
  return {
    fileCount: BigInt(fileCount),
    logicalBytes: BigInt(fileBytes),
    chunkCount: BigInt(used.count),
    distinctBytes: BigInt(used.sizeBytes),
    storedBytes: BigInt(used.storedBytes),
    savedByReuseBytes: BigInt(saved.byReuseBytes),
    savedByEncodingBytes: BigInt(saved.byEncodingBytes),
    unusedBytes: BigInt(survey.unusedBytes),
    condemnedBytes: BigInt(survey.condemnedBytes),
    deadPackBytes: BigInt(survey.deadPackBytes),
    doomedBytes: BigInt(survey.doomedBytes),
    totalBytes: BigInt(survey.totalBytes),
    measuredAt: encodeTime(survey.measuredAt),
  };
}

function encodeObjectStorage(storage: ObjectStorage): MessageInitShape<typeof ObjectStorageSchema> {
  const { exclusive, shared } = storage;
  return {
    objectKind: WIRE_OBJECT_KIND[storage.kind],
    objectId: storage.id,
    objectPath: storage.path,
    fileCount: BigInt(storage.fileCount),
    logicalBytes: BigInt(storage.fileBytes),
    distinctBytes: BigInt(exclusive.sizeBytes + shared.sizeBytes),
    exclusiveBytes: BigInt(exclusive.storedBytes),
    sharedBytes: BigInt(shared.storedBytes),
  };
}
