import { describe, expect, test } from "bun:test";
import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { createConnectRouter } from "@connectrpc/connect";
import fc from "fast-check";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestServices } from "../../../test/support/rpc.ts";
import type { RpcApp } from "./app.ts";
import { registerServices } from "./index.ts";

/** What a client may be told; "internal" and "unknown" are faults of the server. */
const ANSWERS = ["not_found", "already_exists", "invalid_argument", "failed_precondition", "aborted"];
const RUNS = 60;
/** A loaded machine takes its time. */
const TIMEOUT_MS = 60_000;
const MAX_DEPTH = 5;

const NAMES = [
  "",
  "n",
  "e",
  "m",
  "1",
  "production",
  "latest",
  "step-1",
  "none",
  "loss",
  "name",
  "dataset:x",
  "a/b",
];
const PATHS = [
  "n/e",
  "n/-",
  "n/m",
  "n/m@1",
  "n/m@production",
  "n/e/step-1",
  "0197c0de-0000-7000-8000-000000000000",
];
const OBJECTS = [
  "experiment:n/e",
  "model:n/m",
  "version:n/m@1",
  "checkpoint:n/e/latest",
  "namespace:n",
  "artifact:x",
];
const QUERIES = ["loss desc", "created_at", 'name = "e"', "metrics.loss < 1", "NOT", "((("];
const TRAPS = ["%2e%2e", "../x", "\\", "#", "\u0000", "__proto__", "a".repeat(64), "x".repeat(10_000)];

const texts = fc.oneof(
  fc.constantFrom(...NAMES, ...PATHS, ...OBJECTS, ...QUERIES, ...TRAPS),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const longs = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 4n),
);
const ints = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 2, 5));
const doubles = fc.oneof(fc.double(), fc.constantFrom(0, NaN, Infinity, -0));

/** By ScalarType of protobuf: 1 double, 3 int64, 5 int32, 8 bool, 9 string, 12 bytes. */
function byScalarType(type: number): fc.Arbitrary<unknown> {
  const known: Readonly<Record<number, fc.Arbitrary<unknown>>> = {
    1: doubles,
    3: longs,
    5: ints,
    8: fc.boolean(),
    9: texts,
    12: fc.uint8Array({ maxLength: 8 }),
  };
  const arbitrary = known[type];
  if (arbitrary === undefined) throw new Error(`no values for scalar type ${type}`);
  return arbitrary;
}

function fieldOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case "scalar":
      return byScalarType(field.scalar);
    case "enum":
      return fc.integer({ min: -1, max: field.enum.values.length });
    case "message":
      return messageOf(field.message, depth + 1);
    case "list": {
      const element =
        field.listKind === "message"
          ? messageOf(field.message, depth + 1)
          : field.listKind === "enum"
            ? fc.integer({ min: -1, max: field.enum.values.length })
            : byScalarType(field.scalar);
      return fc.array(element, { maxLength: 3 });
    }
    case "map": {
      const value = field.mapKind === "message" ? messageOf(field.message, depth + 1) : texts;
      return fc.dictionary(texts, value, { maxKeys: 3 });
    }
  }
}

/** Messages of a type: each field is set or not, whatever it means. */
function messageOf(desc: DescMessage, depth = 0): fc.Arbitrary<unknown> {
  if (desc.typeName === "google.protobuf.Struct")
    return fc.dictionary(texts, fc.jsonValue() as fc.Arbitrary<unknown>, { maxKeys: 3 });
  const members = depth > MAX_DEPTH ? [] : desc.members;
  const parts = members.map((member) =>
    member.kind === "field"
      ? fc.option(
          fieldOf(member, depth).map((value) => [[member.localName, value]]),
          { nil: [] },
        )
      : fc.option(
          fc
            .oneof(
              ...member.fields.map((one) =>
                fieldOf(one, depth).map((value) => ({ case: one.localName, value })),
              ),
            )
            .map((value) => [[member.localName, value]]),
          { nil: [] },
        ),
  );
  return fc.tuple(...parts).map((entries) => Object.fromEntries(entries.flat() as [string, unknown][]));
}

async function prepare({ clients }: TestServices): Promise<void> {
  await clients.experiments.createExperiment({ namespace: "n", name: "e" });
  await clients.checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
  await clients.models.createModel({ namespace: "n", name: "m" });
  await clients.versions.createModelVersion({ model: "n/m", tags: ["production"] });
}

describe("any request that can be decoded gets an answer", () => {
  const router = createConnectRouter();
  registerServices(router, {} as RpcApp);
  for (const { method } of router.handlers.filter((one) => one.method.methodKind === "unary")) {
    test(
      `${method.parent.name}.${method.name}`,
      async () => {
        await using services = await openServices();
        await prepare(services);
        const clients = Object.values(services.clients) as unknown as Record<
          string,
          (request: Message) => Promise<unknown>
        >[];
        const call = clients.find((client) => method.localName in client)![method.localName]!;
        await fc.assert(
          fc.asyncProperty(messageOf(method.input), async (fields) => {
            const answer = call(create(method.input, fields as Record<string, unknown>)).then(
              () => undefined,
            );
            const failure = await answer.catch(() => failureOf(answer));
            if (failure !== undefined) {
              expect(ANSWERS).toContain(failure.code);
              expect(failure.reason).not.toBe("");
              expect(failure.message.length).toBeLessThan(4_000);
            }
          }),
          { numRuns: RUNS },
        );
      },
      TIMEOUT_MS,
    );
  }
});
