import { AbortedByCallerError, ClientError } from "../errors.ts";

/** What the caller's signal ended is told as such, whichever part noticed it first; other errors stay as they are. */
export function endedByCaller(error: unknown, signal: AbortSignal | undefined, message: string): unknown {
  const isOwnError = error instanceof ClientError && !(error instanceof AbortedByCallerError);
  if (signal?.aborted !== true || isOwnError) return error;
  return new AbortedByCallerError(message, { cause: signal.reason });
}
