import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { checkpointNameProblem } from "../../domain/names.ts";
import {
  CreateCheckpointRequestSchema,
  DeleteCheckpointRequestSchema,
  GetCheckpointRequestSchema,
  ListCheckpointsRequestSchema,
  UpdateCheckpointRequestSchema,
  type CheckpointService,
} from "../../gen/modelbox/v1/checkpoint_service_pb.ts";
import { createCheckpoint } from "../../service/checkpoints/create.ts";
import { deleteCheckpoint } from "../../service/checkpoints/delete.ts";
import { getCheckpoint } from "../../service/checkpoints/get.ts";
import { listCheckpoints } from "../../service/checkpoints/list.ts";
import { updateCheckpoint } from "../../service/checkpoints/update.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decodeChanges, deleteFields, updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { fence } from "./decode/fence.ts";
import { fileSet } from "./decode/files.ts";
import { labels } from "./decode/json.ts";
import { initialMetrics } from "./decode/metrics.ts";
import { listFields } from "./decode/paging.ts";
import { checkpoint, experiment, experimentOrAll } from "./decode/references.ts";
import { checked, requestId } from "./decode/text.ts";
import { encodeCheckpoint } from "./encode/objects.ts";

const name = checked(checkpointNameProblem);
const createRequest = z.object({
  experiment,
  name: checked((text) => (text === "" ? undefined : checkpointNameProblem(text))),
  step: z.bigint(),
  epoch: z
    .bigint()
    .optional()
    .transform((epoch) => epoch),
  labels,
  metrics: initialMetrics,
  files: fileSet,
  fence,
  requestId,
});
const getRequest = z.object({ checkpoint });
const listRequest = z.object({ experiment: experimentOrAll, ...listFields });
const updateRequest = z.object({ checkpoint, ...updateFields });
const deleteRequest = z.object({ checkpoint, ...deleteFields });

export function checkpointService({ service }: RpcApp): ServiceImpl<typeof CheckpointService> {
  return {
    async createCheckpoint(request, context) {
      const input = decode(createRequest, request, CreateCheckpointRequestSchema);
      const created = await createCheckpoint(service, callerOf(context), input);
      return { checkpoint: encodeCheckpoint(created.checkpoint), exists: created.exists };
    },
    async getCheckpoint(request, context) {
      const input = decode(getRequest, request, GetCheckpointRequestSchema);
      return {
        checkpoint: encodeCheckpoint(await getCheckpoint(service, callerOf(context), input.checkpoint)),
      };
    },
    async listCheckpoints(request, context) {
      const input = decode(listRequest, request, ListCheckpointsRequestSchema);
      const { items, ...page } = await listCheckpoints(service, callerOf(context), input);
      return { checkpoints: items.map(encodeCheckpoint), ...page };
    },
    async updateCheckpoint(request, context) {
      const input = decode(updateRequest, request, UpdateCheckpointRequestSchema);
      const changes = decodeChanges(UpdateCheckpointRequestSchema, request.update, request.updateMask, {
        name,
      });
      const updated = await updateCheckpoint(service, callerOf(context), { ...input, changes });
      return { checkpoint: encodeCheckpoint(updated) };
    },
    async deleteCheckpoint(request, context) {
      const input = decode(deleteRequest, request, DeleteCheckpointRequestSchema);
      return { checkpoint: encodeCheckpoint(await deleteCheckpoint(service, callerOf(context), input)) };
    },
  };
}
