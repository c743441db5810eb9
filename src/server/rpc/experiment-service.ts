import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import {
  CreateExperimentRequestSchema,
  DeleteExperimentRequestSchema,
  GetExperimentRequestSchema,
  ListExperimentsRequestSchema,
  UpdateExperimentRequestSchema,
  type ExperimentService,
} from "../../gen/modelbox/v1/experiment_service_pb.ts";
import { createExperiment } from "../../service/experiments/create.ts";
import { deleteExperiment } from "../../service/experiments/delete.ts";
import { getExperiment } from "../../service/experiments/get.ts";
import { listExperiments } from "../../service/experiments/list.ts";
import { updateExperiment } from "../../service/experiments/update.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decodeChanges, deleteFields, updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { labels } from "./decode/json.ts";
import { listFields } from "./decode/paging.ts";
import { experiment, namespace } from "./decode/references.ts";
import { description, externalId, name, owner, requestId, shortText } from "./decode/text.ts";
import { encodeExperiment } from "./encode/objects.ts";

const fields = { name, owner, externalId, framework: shortText, description };
const createRequest = z.object({ namespace, ...fields, labels, requestId });
const getRequest = z.object({ experiment });
const listRequest = z.object({ namespace, ...listFields });
const updateRequest = z.object({ experiment, ...updateFields });
const deleteRequest = z.object({ experiment, ...deleteFields });

export function experimentService({ service }: RpcApp): ServiceImpl<typeof ExperimentService> {
  return {
    async createExperiment(request, context) {
      const input = decode(createRequest, request, CreateExperimentRequestSchema);
      const created = await createExperiment(service, callerOf(context), input);
      return { experiment: encodeExperiment(created.experiment), exists: created.exists };
    },
    async getExperiment(request, context) {
      const input = decode(getRequest, request, GetExperimentRequestSchema);
      return {
        experiment: encodeExperiment(await getExperiment(service, callerOf(context), input.experiment)),
      };
    },
    async listExperiments(request, context) {
      const input = decode(listRequest, request, ListExperimentsRequestSchema);
      const { items, ...page } = await listExperiments(service, callerOf(context), input);
      return { experiments: items.map(encodeExperiment), ...page };
    },
    async updateExperiment(request, context) {
      const input = decode(updateRequest, request, UpdateExperimentRequestSchema);
      const changes = decodeChanges(
        UpdateExperimentRequestSchema,
        request.update,
        request.updateMask,
        fields,
      );
      const updated = await updateExperiment(service, callerOf(context), { ...input, changes });
      return { experiment: encodeExperiment(updated) };
    },
    async deleteExperiment(request, context) {
      const input = decode(deleteRequest, request, DeleteExperimentRequestSchema);
      return { experiment: encodeExperiment(await deleteExperiment(service, callerOf(context), input)) };
    },
  };
}
