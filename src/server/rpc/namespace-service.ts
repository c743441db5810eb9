import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import {
  CreateNamespaceRequestSchema,
  DeleteNamespaceRequestSchema,
  GetNamespaceRequestSchema,
  ListNamespacesRequestSchema,
  UpdateNamespaceRequestSchema,
  type NamespaceService,
} from "../../gen/modelbox/v1/namespace_service_pb.ts";
import { createNamespace } from "../../service/namespaces/create.ts";
import { deleteNamespace } from "../../service/namespaces/delete.ts";
import { getNamespace } from "../../service/namespaces/get.ts";
import { listNamespaces } from "../../service/namespaces/list.ts";
import { updateNamespace } from "../../service/namespaces/update.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decodeChanges, deleteFields, updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { labels } from "./decode/json.ts";
import { newQuotaBytes, quotaBytes } from "./decode/numbers.ts";
import { listFields } from "./decode/paging.ts";
import { namespace } from "./decode/references.ts";
import { description, name, owner, requestId } from "./decode/text.ts";
import { encodeNamespace } from "./encode/objects.ts";

const createRequest = z.object({ name, owner, description, labels, requestId, quotaBytes });
const getRequest = z.object({ namespace });
const listRequest = z.object(listFields);
const updateRequest = z.object({ namespace, ...updateFields });
const deleteRequest = z.object({ namespace, ...deleteFields });

export function namespaceService({ service }: RpcApp): ServiceImpl<typeof NamespaceService> {
  return {
    async createNamespace(request, context) {
      const input = decode(createRequest, request, CreateNamespaceRequestSchema);
      const created = await createNamespace(service, callerOf(context), input);
      return { namespace: encodeNamespace(created.namespace), exists: created.exists };
    },
    async getNamespace(request, context) {
      const input = decode(getRequest, request, GetNamespaceRequestSchema);
      return { namespace: encodeNamespace(await getNamespace(service, callerOf(context), input.namespace)) };
    },
    async listNamespaces(request, context) {
      const input = decode(listRequest, request, ListNamespacesRequestSchema);
      const { items, ...page } = await listNamespaces(service, callerOf(context), input);
      return { namespaces: items.map(encodeNamespace), ...page };
    },
    async updateNamespace(request, context) {
      const input = decode(updateRequest, request, UpdateNamespaceRequestSchema);
      const fields = { name, owner, description, quotaBytes: newQuotaBytes };
      const changes = decodeChanges(UpdateNamespaceRequestSchema, request.update, request.updateMask, fields);
      const updated = await updateNamespace(service, callerOf(context), { ...input, changes });
      return { namespace: encodeNamespace(updated) };
    },
    async deleteNamespace(request, context) {
      const input = decode(deleteRequest, request, DeleteNamespaceRequestSchema);
      return { namespace: encodeNamespace(await deleteNamespace(service, callerOf(context), input)) };
    },
  };
}
