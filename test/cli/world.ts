import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createModelBoxClient, upload, type ModelBoxClient } from "../../src/client/index.ts";

/** How much of the world of the examples there is; each has all before it. */
export const stages = [
  "nothing",
  "project",
  "experiment",
  "checkpoint",
  "model",
  "version",
  "everything",
] as const;

/** A stage of the world. */
export type Stage = (typeof stages)[number];

/** The objects that the examples of the commands talk about. */
export interface World {
  /** Makes the server hold this much of them, and no more. Returns the id of an artifact, from `everything` on. */
  build(stage: Stage): Promise<string>;
}

const NAMESPACES = ["langtech", "speech"];

/** A world on a server, whose files lie in `folder`. */
export function createWorld(serverAddr: string, folder: string): World {
  const client = createModelBoxClient({ serverAddr });
  writeFiles(folder);
  return {
    async build(stage) {
      const { namespaces } = await client.namespaces.listNamespaces({});
      for (const { name } of namespaces) {
        if (NAMESPACES.includes(name))
          await client.namespaces.deleteNamespace({ namespace: name, recursive: true });
      }
      return await addObjects(client, folder, stages.indexOf(stage));
    },
  };
}

async function addObjects(client: ModelBoxClient, folder: string, stage: number): Promise<string> {
  const reaches = (other: Stage): boolean => stage >= stages.indexOf(other);
  const owner = "your@email.com";
  const sources = [join(folder, "checkpoint-1000")];
  if (reaches("project")) await client.namespaces.createNamespace({ name: "langtech", owner });
  if (reaches("experiment")) {
    await client.experiments.createExperiment({ namespace: "langtech", name: "wav2vec-lid", owner });
  }
  if (reaches("checkpoint")) {
    const metrics = { loss: { value: { case: "number", value: 0.29 } } } as const;
    await upload(client, { namespace: "langtech", sources }, (files) =>
      client.checkpoints.createCheckpoint({
        experiment: "langtech/wav2vec-lid",
        step: 1000n,
        metrics,
        files,
      }),
    );
  }
  if (reaches("model")) {
    await client.models.createModel({ namespace: "langtech", name: "lid", owner, task: "lang-id" });
  }
  if (reaches("version")) {
    for (const [version, tags] of [
      ["2", []],
      ["3", ["production"]],
    ] as const) {
      const checkpoint = "langtech/wav2vec-lid/step-1000";
      await client.versions.createModelVersion({
        model: "langtech/lid",
        version,
        checkpoint,
        tags: [...tags],
      });
    }
  }
  return reaches("everything") ? await addDetails(client, folder) : "";
}

async function addDetails(client: ModelBoxClient, folder: string): Promise<string> {
  const object = "version:langtech/lid@3";
  const experiment = "experiment:langtech/wav2vec-lid";
  const value = { value: { case: "number", value: 0.4 } } as const;
  await client.metrics.logMetrics({ object: experiment, points: [{ key: "loss", step: 1n, value }] });
  await client.events.logEvents({ object, events: [{ name: "deployed", source: "argo-cd" }] });
  await client.lineage.addLineageEdges({
    namespace: "langtech",
    edges: [
      { source: "dataset:common-voice", target: experiment, relation: "trained_on" },
      { source: object, target: "deployment:eu-west", relation: "deployed_to" },
    ],
  });
  const sources = [join(folder, "report.html")];
  const { committed } = await upload(client, { namespace: "langtech", sources }, (files) =>
    client.artifacts.commitArtifact({ object, name: "report", files }),
  );
  return committed.artifact?.id ?? "";
}

/** What the examples name as files. */
function writeFiles(folder: string): void {
  const files = {
    "checkpoint-1000/model.safetensors": "weights",
    "checkpoint-1000/tokenizer/vocabulary.txt": "a b c",
    "model.safetensors": "better weights",
    "optimizer.pt": "moments",
    "exported/model.onnx": "graph",
    "report.html": "<p>Good.</p>",
    "logs/train.log": "step 1",
    "metrics.jsonl": '{"key": "loss", "step": 3, "value": 0.31}\n{"key": "loss", "step": 4, "value": NaN}\n',
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
