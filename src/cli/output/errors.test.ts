import { describe, expect, test } from "bun:test";
import { ConfigError } from "../../config/config-error.ts";
import { AbortedByCallerError, ConnectionError, LocalFileError, ServerError } from "../../client/errors.ts";
import { DomainError } from "../../domain/errors.ts";
import { InterruptedError } from "../base/interruption.ts";
import { MissingInputError } from "../base/missing-input.ts";
import CreateProject from "../commands/client/projects/create.ts";
import { describeError, stackOf } from "./errors.ts";
import { exitCodeMeanings, exitCodes } from "./exit-codes.ts";
import { FileExistsError } from "./file-exists-error.ts";
import { NotFoundError } from "./not-found-error.ts";
import { UsageError } from "./usage-error.ts";

CreateProject.id = "client:projects:create";

describe("an error", () => {
  test.each([
    [new ServerError("not_found", "There is no model."), 3],
    [new NotFoundError("There is no artifact."), 3],
    [new ServerError("already_exists", "It exists."), 4],
    [new FileExistsError("/x"), 4],
    [new ServerError("invalid_argument", "Wrong."), 5],
    [new ServerError("failed_precondition", "Has children."), 5],
    [new ServerError("aborted", "Changed meanwhile."), 5],
    [new DomainError("failed_precondition", "DATABASE_NEWER", "Newer."), 5],
    [new LocalFileError("/x", "No such file."), 5],
    [new ConfigError(["Unknown key."]), 5],
    [new ConnectionError("Not there.", { address: "x", maybeSeen: false }), 6],
    [new ServerError("unavailable", "Going down."), 6],
    [new ServerError("permission_denied", "No."), 7],
    [new AbortedByCallerError("Stopped."), 130],
    [new InterruptedError("Stopped."), 130],
    [new UsageError("Typed wrongly."), 2],
    [new ServerError("internal", "Broken."), 1],
    [new ServerError("data_loss", "Rotten."), 1],
    [new TypeError("undefined is not a function"), 1],
    ["thrown text", 1],
  ])("%p ends with %p", (error, exitCode) => {
    expect(describeError(error, undefined).exitCode).toBe(exitCode as never);
  });

  test("is one line that ends with a stop", () => {
    const { message } = describeError(new ConfigError(["First problem.", "Second problem"]), undefined);
    expect(message).toBe("Error: First problem. Second problem.");
  });

  test("about a missing flag comes with an example that can be copied", () => {
    expect(describeError(new MissingInputError("--name"), CreateProject).message).toBe(
      "Error: --name is missing; for example: `modelbox client projects create --name langtech --owner your@email.com`",
    );
  });

  test("about usage says where to look, unless it has an example", () => {
    expect(describeError(new UsageError("It is wrong"), CreateProject).message).toBe(
      "Error: It is wrong; see `modelbox client projects create --help`",
    );
    expect(describeError(new UsageError("Write for example x"), CreateProject).message).toBe(
      "Error: Write for example x.",
    );
  });
});

test("a stack goes down to the cause", () => {
  const stack = stackOf(new NotFoundError("Outer.", { cause: new TypeError("Inner.") }));
  expect(stack).toMatch(/^NotFoundError: Outer\.\n +at .*\ncaused by TypeError: Inner\.\n +at /s);
  expect(stackOf("text")).toBe("");
});

test("every exit status has one meaning", () => {
  const codes = exitCodeMeanings.map(({ code }) => code);
  expect(codes).toEqual(Object.values(exitCodes).toSorted((a, b) => a - b));
  expect(new Set(codes).size).toBe(codes.length);
});
