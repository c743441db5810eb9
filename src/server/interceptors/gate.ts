import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { DomainError } from "../../domain/errors.ts";
import { accessOf } from "../access-table.ts";
import type { Admission } from "../admission.ts";
import { callerKey, rpcStateKey } from "../call.ts";
import type { ObservedCall } from "../observed-call.ts";
import { ensureReason } from "../error-map.ts";
import { callerFrom } from "./authenticate.ts";
import { toWireError } from "./errors.ts";
import { checkOrigin } from "./origin.ts";
import { checkReadOnly } from "./read-only.ts";
import { checkRole, type ServedRoles } from "./role.ts";

/** What the gate goes by. */
export interface GateOptions {
  readonly admission: Admission;
  /** Whether only this machine reaches the server; see checkOrigin. */
  readonly localOnly: boolean;
  readonly readOnly: boolean;
  readonly served: ServedRoles;
}

/** Runs before the body of a call is read: what it refuses costs nothing. Throws ConnectError. */
export function requestGate(options: GateOptions): (context: HandlerContext) => void {
  const { admission, localOnly, readOnly, served } = options;
  return (context) => {
    const state = context.values.get(rpcStateKey);
    if (state)
      context.signal.addEventListener("abort", () => noteFailure(context.signal, state.call), { once: true });
    try {
      checkOrigin(context.requestHeader, localOnly);
      if (state) {
        const caller = callerFrom(state.identity);
        state.call.actor = caller.actor;
        context.values.set(callerKey, caller);
      }
      const access = accessOf(context.method);
      if (access === undefined) throw notListed(`${context.service.typeName}/${context.method.name}`);
      checkRole(context.method.name, access, served);
      checkReadOnly(context.method.name, access, readOnly);
      if (!access.duringDrain) state?.onEnd.push(admission.enter());
    } catch (error) {
      throw toWireError(error, state?.call);
    }
  };
}

/**
 * Connect ends the signal with whatever failed, before it tells the client. That is the only sight of what fails while a
 * message is read or written, which no interceptor sees.
 */
function noteFailure(signal: AbortSignal, call: ObservedCall): void {
  const reason: unknown = signal.reason;
  if (call.code !== "ok" || !(reason instanceof ConnectError)) return;
  // Bytes that are no message are the client's mistake; Connect says so for JSON, but calls it internal for protobuf.
  if (reason.code === Code.Internal && reason.rawMessage.startsWith("parse binary")) {
    Object.assign(reason, { code: Code.InvalidArgument });
  }
  ensureReason(reason);
  call.code = codeToString(reason.code);
  call.error = reason;
}

/** Deny by default: nobody has said who may call this. */
export function notListed(name: string): DomainError {
  return new DomainError("permission_denied", "NOT_ALLOWED", `Nobody may call ${name}.`);
}
