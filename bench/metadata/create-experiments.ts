import { callJson } from "../harness/json-call.ts";
import type { ModelBoxServer } from "../harness/model-box-server.ts";
import { namespace } from "./load.ts";

/** Creates experiments for gets to ask for, and returns their ids. */
export async function createExperiments(server: ModelBoxServer, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const request = { namespace, name: `stored-${number}`, owner: "your@email.com" };
    const answer = await callJson(server, "ExperimentService/CreateExperiment", request);
    ids.push((answer as { experiment: { id: string } }).experiment.id);
  }
  return ids;
}
