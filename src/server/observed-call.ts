import { ConnectError } from "@connectrpc/connect";
import type { CallLabels, Metrics } from "../observability/metrics.ts";
import type { Logger } from "../observability/logger.ts";

/** A call that is running, from its head to the end of its response: what is logged and measured about it. */
export interface ObservedCall extends CallLabels {
  readonly requestId: string;
  /** Who calls, once that is known. */
  actor: string;
  receivedBytes: number;
  sentBytes: number;
  /** A Connect code in lower case with underscores; `ok` unless something fails. */
  code: string;
  /** What failed. */
  error: unknown;
  /** Logs and measures the call, once. */
  finish(): void;
}

/** Calls of which only failures are worth a line by default: there are thousands to a transfer or a day. */
export type Verbosity = "normal" | "quiet";

/** Codes that say that the server, not its caller, has a problem. */
const SERVER_FAULTS: ReadonlySet<string> = new Set(["unknown", "internal", "data_loss"]);

/** Begins calls; made once. */
export type BeginCall = (labels: CallLabels, requestId: string, verbosity: Verbosity) => ObservedCall;

export function callObserver(log: Logger, metrics: Metrics): BeginCall {
  return (labels, requestId, verbosity) => {
    const startedAt = performance.now();
    let finished = false;
    metrics.callStarted();
    return {
      ...labels,
      requestId,
      actor: "",
      receivedBytes: 0,
      sentBytes: 0,
      code: "ok",
      error: undefined,
      finish() {
        if (finished) return;
        finished = true;
        const ms = performance.now() - startedAt;
        const { code, receivedBytes, sentBytes } = this;
        metrics.callFinished({ ...labels, code, seconds: ms / 1000, receivedBytes, sentBytes });
        writeLine(log, this, ms, verbosity);
      },
    };
  };
}

function writeLine(log: Logger, call: ObservedCall, ms: number, verbosity: Verbosity): void {
  const failed = call.code !== "ok";
  const level = SERVER_FAULTS.has(call.code) ? "error" : verbosity === "quiet" && !failed ? "debug" : "info";
  if (!log.isLevelEnabled(level)) return;
  const fields = {
    method: call.service === "" ? call.method : `${call.service}/${call.method}`,
    protocol: call.protocol,
    code: call.code,
    ms: Math.round(ms * 100) / 100,
    received: call.receivedBytes,
    sent: call.sentBytes,
    actor: call.actor,
    request_id: call.requestId,
  };
  if (level === "error") log.error({ ...fields, err: call.error }, "call");
  else if (failed) log[level]({ ...fields, reason: messageOf(call.error) }, "call");
  else log[level](fields, "call");
}

function messageOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (error instanceof ConnectError) return error.rawMessage;
  return error instanceof Error ? error.message : Bun.inspect(error);
}
