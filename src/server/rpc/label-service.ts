import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { MAX_LABELS_PER_OBJECT } from "../../domain/limits.ts";
import {
  GetLabelsRequestSchema,
  SetLabelsRequestSchema,
  UnsetLabelsRequestSchema,
  type LabelService,
} from "../../gen/modelbox/v1/label_service_pb.ts";
import { setLabels, unsetLabels } from "../../service/labels/change.ts";
import { getLabels } from "../../service/labels/get.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { updateFields } from "./decode/changes.ts";
import { decode } from "./decode/decode.ts";
import { labelKeyProblem, labels } from "./decode/json.ts";
import { object } from "./decode/references.ts";
import { checked } from "./decode/text.ts";
import { encodeLabels } from "./encode/values.ts";

const setRequest = z.object({ object, labels, ...updateFields });
const getRequest = z.object({ object });
const keys = z
  .array(checked(labelKeyProblem))
  .max(MAX_LABELS_PER_OBJECT, `must have at most ${MAX_LABELS_PER_OBJECT} keys`);
const unsetRequest = z.object({ object, keys, ...updateFields });

export function labelService({ service }: RpcApp): ServiceImpl<typeof LabelService> {
  return {
    async setLabels(request, context) {
      const input = decode(setRequest, request, SetLabelsRequestSchema);
      return { labels: encodeLabels(await setLabels(service, callerOf(context), input)) };
    },
    async getLabels(request, context) {
      const input = decode(getRequest, request, GetLabelsRequestSchema);
      return { labels: encodeLabels(await getLabels(service, callerOf(context), input.object)) };
    },
    async unsetLabels(request, context) {
      const input = decode(unsetRequest, request, UnsetLabelsRequestSchema);
      return { labels: encodeLabels(await unsetLabels(service, callerOf(context), input)) };
    },
  };
}
