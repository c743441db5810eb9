import { expect, test } from "bun:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { DomainError, invalidFields, type ErrorKind } from "../domain/errors.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { ensureReason, toConnectError } from "./error-map.ts";

const codes: Record<ErrorKind, Code> = {
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  invalid_argument: Code.InvalidArgument,
  failed_precondition: Code.FailedPrecondition,
  conflict: Code.Aborted,
  permission_denied: Code.PermissionDenied,
  unauthenticated: Code.Unauthenticated,
  resource_exhausted: Code.ResourceExhausted,
  unavailable: Code.Unavailable,
  data_loss: Code.DataLoss,
  unimplemented: Code.Unimplemented,
};

for (const [kind, code] of Object.entries(codes) as [ErrorKind, Code][]) {
  test(`${kind} is ${Code[code]}, with its reason and metadata`, () => {
    const wire = toConnectError(new DomainError(kind, "WHY", "What to do.", { metadata: { name: "n" } }));
    expect(wire.code).toBe(code);
    expect(wire.rawMessage).toBe("What to do.");
    const [details] = wire.details;
    expect(details).toEqual({
      desc: ErrorInfoSchema,
      value: { reason: "WHY", domain: "modelbox", metadata: { name: "n" } },
    });
  });
}

test("wrong fields are named", () => {
  const wire = toConnectError(invalidFields([{ field: "files[3].path", description: "must not be empty" }]));
  expect(wire.details[1]).toEqual({
    desc: BadRequestSchema,
    value: { fieldViolations: [{ field: "files[3].path", description: "must not be empty" }] },
  });
});

test("the cause is kept for the log, and is in nothing that is sent", () => {
  const error = new DomainError("unavailable", "BUSY", "Try again.", {
    cause: new Error("secret host 10.0.0.1"),
  });
  const wire = toConnectError(error);
  expect(wire.cause).toBe(error);
  expect(JSON.stringify(errorToJson(wire, undefined))).not.toContain("secret");
});

test("an error without a reason gets one, and one that has a reason keeps it", () => {
  const bare = ensureReason(new ConnectError("bad", Code.InvalidArgument));
  expect(bare.details).toMatchObject([{ value: { reason: "MALFORMED_REQUEST", domain: "modelbox" } }]);
  expect(ensureReason(bare).details).toHaveLength(1);
  const own = ensureReason(toConnectError(new DomainError("conflict", "WHY", "Read it again.")));
  expect(own.details).toMatchObject([{ value: { reason: "WHY" } }]);
  expect(ensureReason(new ConnectError("?", Code.Unknown)).details).toMatchObject([
    { value: { reason: "INTERNAL" } },
  ]);
});
