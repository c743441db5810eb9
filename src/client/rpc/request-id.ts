import type { DescMethod, Message } from "@bufbuild/protobuf";

const REPEATABLE_WITHOUT_ID = /^(Get|List|Find|Accept|Renew|Release)/;

/** True when the call may be sent twice without doing its work twice. */
export function isRepeatable(method: DescMethod): boolean {
  return takesRequestId(method) || REPEATABLE_WITHOUT_ID.test(method.name);
}

/**
 * The message with a random `request_id` when its type has one that is not set, so that the server answers a repeated
 * call with its first answer. The caller's message is left alone: sent again later, it is a new call.
 */
export function withRequestId<M extends Message>(method: DescMethod, message: M): M {
  if (!takesRequestId(method) || ("requestId" in message && message.requestId !== "")) return message;
  const copy = Object.create(Object.getPrototypeOf(message)) as M;
  return Object.assign(copy, message, { requestId: crypto.randomUUID() });
}

function takesRequestId(method: DescMethod): boolean {
  return method.input.field["requestId"] !== undefined;
}
