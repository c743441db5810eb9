import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import {
  CreateModelRequestSchema,
  DeleteModelRequestSchema,
  GetModelRequestSchema,
  ListModelsRequestSchema,
  UpdateModelRequestSchema,
  type ModelService,
} from "../../gen/modelbox/v1/model_service_pb.ts";
import { createModel } from "../../service/models/create.ts";
import { deleteModel } from "../../service/models/delete.ts";
import { getModel } from "../../service/models/get.ts";
import { listModels } from "../../service/models/list.ts";
import { updateModel } from "../../service/models/update.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decodeChanges, deleteFields, updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { labels } from "./decode/json.ts";
import { listFields } from "./decode/paging.ts";
import { experiment, model, namespace, optional } from "./decode/references.ts";
import { description, name, owner, requestId, shortText } from "./decode/text.ts";
import { encodeModel } from "./encode/objects.ts";

const fields = { name, owner, task: shortText, description };
const createRequest = z.object({ namespace, ...fields, labels, experiment: optional(experiment), requestId });
const getRequest = z.object({ model });
const listRequest = z.object({ namespace, ...listFields });
const updateRequest = z.object({ model, ...updateFields });
const deleteRequest = z.object({ model, ...deleteFields });

export function modelService({ service }: RpcApp): ServiceImpl<typeof ModelService> {
  return {
    async createModel(request, context) {
      const input = decode(createRequest, request, CreateModelRequestSchema);
      const created = await createModel(service, callerOf(context), input);
      return { model: encodeModel(created.model), exists: created.exists };
    },
    async getModel(request, context) {
      const input = decode(getRequest, request, GetModelRequestSchema);
      return { model: encodeModel(await getModel(service, callerOf(context), input.model)) };
    },
    async listModels(request, context) {
      const input = decode(listRequest, request, ListModelsRequestSchema);
      const { items, ...page } = await listModels(service, callerOf(context), input);
      return { models: items.map(encodeModel), ...page };
    },
    async updateModel(request, context) {
      const input = decode(updateRequest, request, UpdateModelRequestSchema);
      const changes = decodeChanges(UpdateModelRequestSchema, request.update, request.updateMask, fields);
      return { model: encodeModel(await updateModel(service, callerOf(context), { ...input, changes })) };
    },
    async deleteModel(request, context) {
      const input = decode(deleteRequest, request, DeleteModelRequestSchema);
      return { model: encodeModel(await deleteModel(service, callerOf(context), input)) };
    },
  };
}
