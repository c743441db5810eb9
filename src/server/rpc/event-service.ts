import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { MAX_EVENT_DATA_BYTES, MAX_EVENTS_PER_CALL, MAX_OWNER_LENGTH } from "../../domain/limits.ts";
import {
  ListEventsRequestSchema,
  LogEventsRequestSchema,
  type EventService,
} from "../../gen/modelbox/v1/event_service_pb.ts";
import { listEvents } from "../../service/events/list.ts";
import { logEvents } from "../../service/events/log.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { fence } from "./decode/fence.ts";
import { jsonObject } from "./decode/json.ts";
import { time } from "./decode/numbers.ts";
import { listFields } from "./decode/paging.ts";
import { object } from "./decode/references.ts";
import { line, name, requestId } from "./decode/text.ts";
import { encodeEvent } from "./encode/records.ts";

const event = z.object({
  name,
  source: line(MAX_OWNER_LENGTH),
  time,
  data: jsonObject(MAX_EVENT_DATA_BYTES),
});
const events = z
  .array(event)
  .min(1, "must have at least one event")
  .max(MAX_EVENTS_PER_CALL, `must have at most ${MAX_EVENTS_PER_CALL} events`);
const logRequest = z.object({ object, events, fence, requestId });
const listRequest = z.object({ object, ...listFields });

export function eventService({ service }: RpcApp): ServiceImpl<typeof EventService> {
  return {
    async logEvents(request, context) {
      const input = decode(logRequest, request, LogEventsRequestSchema);
      return { events: (await logEvents(service, callerOf(context), input)).events.map(encodeEvent) };
    },
    async listEvents(request, context) {
      const input = decode(listRequest, request, ListEventsRequestSchema);
      const { items, ...page } = await listEvents(service, callerOf(context), input);
      return { events: items.map(encodeEvent), ...page };
    },
  };
}
