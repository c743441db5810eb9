/** Load over native gRPC with @grpc/grpc-js. */
import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  CreateExperimentRequestSchema,
  CreateExperimentResponseSchema,
  GetExperimentRequestSchema,
  GetExperimentResponseSchema,
} from "../../src/gen/modelbox/v1/experiment_service_pb.ts";
import { experimentOf, idOf, runLoadProgram, type LoadOrder } from "./load.ts";

await runLoadProgram((order) => {
  const client = new Client(order.target, credentials.createInsecure());
  return Promise.resolve(async (number) => {
    if (order.operation === "get") await get(client, order, number);
    else await createOne(client, order, number);
  });
});

async function createOne(client: Client, order: LoadOrder, number: number): Promise<void> {
  const { exists } = await unary(
    client,
    "/modelbox.v1.ExperimentService/CreateExperiment",
    CreateExperimentRequestSchema,
    experimentOf(order, number),
    CreateExperimentResponseSchema,
  );
  if (exists) throw new Error("the experiment existed before");
}

async function get(client: Client, order: LoadOrder, number: number): Promise<void> {
  const id = idOf(order, number);
  const { experiment } = await unary(
    client,
    "/modelbox.v1.ExperimentService/GetExperiment",
    GetExperimentRequestSchema,
    { experiment: id },
    GetExperimentResponseSchema,
  );
  if (experiment?.id !== id) throw new Error("the server returned another experiment");
}

function unary<I extends DescMessage, O extends DescMessage>(
  client: Client,
  path: string,
  input: I,
  request: MessageInitShape<I>,
  output: O,
): Promise<MessageShape<O>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (message: MessageShape<I>) => Buffer.from(toBinary(input, message)),
      (bytes) => fromBinary(output, bytes),
      create(input, request),
      (error, response) => {
        if (error || !response) reject(error ?? new Error("the server returned nothing"));
        else resolve(response);
      },
    );
  });
}
