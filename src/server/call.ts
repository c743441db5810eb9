import { createContextKey } from "@connectrpc/connect";
import type { Caller } from "../service/context.ts";
import type { Identity } from "./interceptors/authenticate.ts";
import type { ObservedCall } from "./observed-call.ts";

/** Reads and writes nothing: what an implementation sees if no caller was ever set. */
const nobody: Caller = { actor: "", readable: [], writable: [] };

/** Who calls an RPC: `context.values.get(callerKey)`. Set before any implementation runs. */
export const callerKey = createContextKey<Caller>(nobody, { description: "caller" });

/** The id under which a call is logged, also sent to the client: `context.values.get(requestIdKey)`. */
export const requestIdKey = createContextKey<string>("", { description: "request id" });

/** What the edge knows about a running RPC. */
export interface RpcState {
  readonly call: ObservedCall;
  /** Found out before the gate, which can't wait. */
  readonly identity: Identity;
  /** Runs when the call has ended, however it did. */
  readonly onEnd: (() => void)[];
}

/** For the gate and the interceptors. */
export const rpcStateKey = createContextKey<RpcState | undefined>(undefined, { description: "rpc state" });
