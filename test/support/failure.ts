import { ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";

/** What a client was told of an error. */
export interface Failure {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  /** Paths of the wrong fields. */
  readonly fields: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The error that a call ends with; throws when it succeeds. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => {
      throw new Error("the call succeeded, and should have failed");
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw error;
  const info = error.findDetails(ErrorInfoSchema)[0];
  if (info !== undefined && info.domain !== "modelbox")
    throw new Error(`the error's domain is ${info.domain}`);
  return {
    code: codeToString(error.code),
    reason: info?.reason ?? "",
    message: error.rawMessage,
    fields: error
      .findDetails(BadRequestSchema)
      .flatMap((one) => one.fieldViolations.map((field) => field.field)),
    metadata: info?.metadata ?? {},
  };
}

/** What a promise fails with, whatever it is; undefined when it does not fail. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}
