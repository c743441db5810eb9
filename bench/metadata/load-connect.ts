/** Load over Connect: protobuf over HTTP/1.1 with connections kept alive, nothing but fetch in between. */
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  CreateExperimentRequestSchema,
  CreateExperimentResponseSchema,
  GetExperimentRequestSchema,
  GetExperimentResponseSchema,
} from "../../src/gen/modelbox/v1/experiment_service_pb.ts";
import { experimentOf, idOf, runLoadProgram, type LoadOrder } from "./load.ts";

await runLoadProgram((order) =>
  Promise.resolve(async (number) => {
    if (order.operation === "get") await get(order, number);
    else await createOne(order, number);
  }),
);

async function createOne(order: LoadOrder, number: number): Promise<void> {
  const { exists } = await unary(
    `${order.target}/modelbox.v1.ExperimentService/CreateExperiment`,
    CreateExperimentRequestSchema,
    experimentOf(order, number),
    CreateExperimentResponseSchema,
  );
  if (exists) throw new Error("the experiment existed before");
}

async function get(order: LoadOrder, number: number): Promise<void> {
  const id = idOf(order, number);
  const { experiment } = await unary(
    `${order.target}/modelbox.v1.ExperimentService/GetExperiment`,
    GetExperimentRequestSchema,
    { experiment: id },
    GetExperimentResponseSchema,
  );
  if (experiment?.id !== id) throw new Error("the server returned another experiment");
}

async function unary<I extends DescMessage, O extends DescMessage>(
  url: string,
  input: I,
  request: MessageInitShape<I>,
  output: O,
): Promise<MessageShape<O>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" },
    body: toBinary(input, create(input, request)),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return fromBinary(output, new Uint8Array(await response.arrayBuffer()));
}
