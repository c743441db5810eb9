import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { MAX_TAGS_PER_CALL } from "../../domain/limits.ts";
import {
  CreateModelVersionRequestSchema,
  DeleteModelVersionRequestSchema,
  GetModelVersionRequestSchema,
  ListModelVersionsRequestSchema,
  ListTagHistoryRequestSchema,
  RemoveUniqueTagRequestSchema,
  SetUniqueTagRequestSchema,
  UpdateModelVersionRequestSchema,
  type ModelVersionService,
} from "../../gen/modelbox/v1/model_version_service_pb.ts";
import { parseVersionReference, type VersionReference } from "../../service/references/parse.ts";
import { listTagHistory } from "../../service/tags/history.ts";
import { removeUniqueTag } from "../../service/tags/remove.ts";
import { setUniqueTag } from "../../service/tags/set.ts";
import { createModelVersion } from "../../service/versions/create.ts";
import { deleteModelVersion } from "../../service/versions/delete.ts";
import { getModelVersion } from "../../service/versions/get.ts";
import { listModelVersions } from "../../service/versions/list.ts";
import { updateModelVersion } from "../../service/versions/update.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decodeChanges, deleteFields, updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { fileSet } from "./decode/files.ts";
import { labels } from "./decode/json.ts";
import { initialMetrics } from "./decode/metrics.ts";
import { listFields, pageFields } from "./decode/paging.ts";
import {
  checkpoint,
  experiment,
  model,
  modelOrAll,
  optional,
  parsedBy,
  version,
} from "./decode/references.ts";
import { description, name as tag, nameOrEmpty, requestId, shortText, title } from "./decode/text.ts";
import { encodeTagAssignment, encodeVersion } from "./encode/objects.ts";

/** Instead of a version: nobody may carry the tag. */
const NOBODY = "none";

const fields = { name: title, description, framework: shortText };
const createRequest = z.object({
  model,
  version: nameOrEmpty,
  ...fields,
  checkpoint: optional(checkpoint),
  experiment: optional(experiment),
  tags: z.array(tag).max(MAX_TAGS_PER_CALL, `must have at most ${MAX_TAGS_PER_CALL} tags`),
  labels,
  metrics: initialMetrics,
  files: fileSet,
  requestId,
});
const getRequest = z.object({ version });
const listRequest = z.object({ model: modelOrAll, ...listFields });
const updateRequest = z.object({ version, ...updateFields });
const deleteRequest = z.object({ version, ...deleteFields });
const expectedVersion = optional(
  parsedBy<VersionReference | typeof NOBODY>((text) =>
    text === NOBODY ? { value: text } : parseVersionReference(text),
  ),
);
const setTagRequest = z.object({ version, tag, expectedVersion, requestId });
const removeTagRequest = z.object({ model, tag, requestId });
const historyRequest = z.object({ model, tag: nameOrEmpty, ...pageFields });

export function modelVersionService({ service }: RpcApp): ServiceImpl<typeof ModelVersionService> {
  return {
    async createModelVersion(request, context) {
      const input = decode(createRequest, request, CreateModelVersionRequestSchema);
      const created = await createModelVersion(service, callerOf(context), input);
      return { version: encodeVersion(created.version), exists: created.exists };
    },
    async getModelVersion(request, context) {
      const input = decode(getRequest, request, GetModelVersionRequestSchema);
      return { version: encodeVersion(await getModelVersion(service, callerOf(context), input.version)) };
    },
    async listModelVersions(request, context) {
      const input = decode(listRequest, request, ListModelVersionsRequestSchema);
      const { items, ...page } = await listModelVersions(service, callerOf(context), input);
      return { versions: items.map(encodeVersion), ...page };
    },
    async updateModelVersion(request, context) {
      const input = decode(updateRequest, request, UpdateModelVersionRequestSchema);
      const changes = decodeChanges(
        UpdateModelVersionRequestSchema,
        request.update,
        request.updateMask,
        fields,
      );
      const updated = await updateModelVersion(service, callerOf(context), { ...input, changes });
      return { version: encodeVersion(updated) };
    },
    async deleteModelVersion(request, context) {
      const input = decode(deleteRequest, request, DeleteModelVersionRequestSchema);
      return { version: encodeVersion(await deleteModelVersion(service, callerOf(context), input)) };
    },
    async setUniqueTag(request, context) {
      const { expectedVersion: expected, ...input } = decode(
        setTagRequest,
        request,
        SetUniqueTagRequestSchema,
      );
      const moved = await setUniqueTag(service, callerOf(context), { ...input, expected });
      return { version: encodeVersion(moved.version), previousVersionId: moved.previousVersionId };
    },
    async removeUniqueTag(request, context) {
      const input = decode(removeTagRequest, request, RemoveUniqueTagRequestSchema);
      return { version: encodeVersion(await removeUniqueTag(service, callerOf(context), input)) };
    },
    async listTagHistory(request, context) {
      const { tag: wanted, ...input } = decode(historyRequest, request, ListTagHistoryRequestSchema);
      const history = await listTagHistory(service, callerOf(context), {
        ...input,
        tag: wanted || undefined,
      });
      return {
        assignments: history.assignments.map(encodeTagAssignment),
        nextPageToken: history.nextPageToken,
      };
    },
  };
}
