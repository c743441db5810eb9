import { basename } from "node:path";
import type { BenchContext } from "../harness/bench.ts";
import { clientEnvironment, type ModelBoxServer } from "../harness/model-box-server.ts";
import { callJson } from "../harness/json-call.ts";
import { run, waitUntil } from "../harness/processes.ts";

const model = "bench/model";
const version = `${model}@1`;
const verifyLimitMs = 120_000;

/** Makes the model that versions are stored under. */
export async function prepareModel(context: BenchContext, server: ModelBoxServer): Promise<void> {
  const words = [
    "models",
    "create",
    "--project",
    "bench",
    "--name",
    "model",
    "--owner",
    "bench",
    "--task",
    "bench",
  ];
  await client(context, server, words);
}

/** Stores a file as version 1 with the command line; returns what the whole process took. */
export async function uploadVersion(
  context: BenchContext,
  server: ModelBoxServer,
  path: string,
): Promise<number> {
  return await client(context, server, ["versions", "create", "--model", model, "--version", "1", path]);
}

/** Fetches the files of version 1 into a folder with the command line; returns what the whole process took. */
export async function downloadVersion(
  context: BenchContext,
  server: ModelBoxServer,
  folder: string,
): Promise<number> {
  return await client(context, server, ["versions", "download", version, "--output", folder]);
}

/** Stores a file by one plain PUT, which the server cuts into chunks; returns what it took. */
export async function curlUpload(server: ModelBoxServer, path: string): Promise<number> {
  const url = `${server.httpAddr}/v1/files?object=model:${model}&artifact=bench&path=${basename(path)}`;
  const { durationMs } = await run(["curl", "-sS", "-f", "-T", path, url]);
  return durationMs;
}

/** Fetches a file of version 1 by one plain GET; returns what it took. */
export async function curlDownload(server: ModelBoxServer, file: string, target: string): Promise<number> {
  const url = `${server.httpAddr}/v1/files?object=version:${version}&path=${file}`;
  const { durationMs } = await run(["curl", "-sS", "-f", "-o", target, url]);
  return durationMs;
}

/** The server reads what it stored once more, in the background; what is measured next should not meet that. */
export async function waitUntilVerified(server: ModelBoxServer, file: string): Promise<void> {
  await waitUntil("the server to verify the file", verifyLimitMs, async () => {
    const answer = await callJson(server, "ArtifactService/ListFiles", { object: `version:${version}` });
    const { files } = answer as { files?: { path: string; digestState: string }[] };
    return files?.some((one) => one.path === file && one.digestState === "DIGEST_STATE_VERIFIED") ?? false;
  });
}

async function client(
  context: BenchContext,
  server: ModelBoxServer,
  words: readonly string[],
): Promise<number> {
  const env = clientEnvironment(server, context.folder);
  const { durationMs } = await run([context.executable, "client", ...words, "--quiet"], { env });
  return durationMs;
}
