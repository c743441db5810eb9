import type { CallOptions } from "@connectrpc/connect";
import type { ModelBoxClient } from "../../client/index.ts";
import type { Artifact } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { isOutside, namespaceOf } from "../input/object-name.ts";
import { NotFoundError } from "../output/not-found-error.ts";
import { UsageError } from "../output/usage-error.ts";
import type { FilesOf } from "./targets.ts";

/** What a checkpoint's or version's own files are called. */
const DEFAULT_ARTIFACT = "default";

/** Id of the namespace of an object; fails when the object is not there. */
export async function namespaceIdOf(
  client: ModelBoxClient,
  object: string,
  call: CallOptions,
): Promise<string> {
  const colon = object.indexOf(":");
  const reference = object.slice(colon + 1);
  switch (object.slice(0, colon)) {
    case "namespace":
      return (await client.namespaces.getNamespace({ namespace: reference }, call)).namespace?.id ?? "";
    case "experiment":
      return (
        (await client.experiments.getExperiment({ experiment: reference }, call)).experiment?.namespaceId ??
        ""
      );
    case "checkpoint":
      return (
        (await client.checkpoints.getCheckpoint({ checkpoint: reference }, call)).checkpoint?.namespaceId ??
        ""
      );
    case "model":
      return (await client.models.getModel({ model: reference }, call)).model?.namespaceId ?? "";
    case "version":
      return (await client.versions.getModelVersion({ version: reference }, call)).version?.namespaceId ?? "";
    default:
      throw new UsageError(
        `${object} can't have artifacts; name a project, experiment, checkpoint, model or version`,
      );
  }
}

/** Id or name of the namespace that lineage nodes belong to, by the first of them that is an object. */
export async function namespaceOfNodes(
  client: ModelBoxClient,
  nodes: readonly string[],
  call: CallOptions,
): Promise<string> {
  const object = nodes.find((node) => !isOutside(node));
  if (object === undefined) throw new UsageError("--project is missing, which things outside don't tell");
  return namespaceOf(object) ?? (await namespaceIdOf(client, object, call));
}

/** The artifact with this id, or the one with this name on an object; by default the object's own files. */
export async function findArtifact(
  client: ModelBoxClient,
  files: FilesOf,
  name: string | undefined,
  call: CallOptions,
): Promise<Artifact> {
  if ("object" in files) return await artifactNamed(client, files.object, name, call);
  const { artifact } = await client.artifacts.getArtifact({ artifact: idOf(files, name) }, call);
  if (artifact) return artifact;
  throw new Error("The server's answer has no artifact.");
}

/** The id of what `findArtifact` finds, without a call where it is given. */
export async function findArtifactId(
  client: ModelBoxClient,
  files: FilesOf,
  name: string | undefined,
  call: CallOptions,
): Promise<string> {
  if ("artifact" in files) return idOf(files, name);
  return (await artifactNamed(client, files.object, name, call)).id;
}

function idOf(files: { readonly artifact: string }, name: string | undefined): string {
  if (name !== undefined) throw new UsageError("--name belongs to --object; an artifact's id is enough");
  return files.artifact;
}

async function artifactNamed(
  client: ModelBoxClient,
  object: string,
  name: string | undefined,
  call: CallOptions,
): Promise<Artifact> {
  const filter = `name = ${JSON.stringify(name ?? DEFAULT_ARTIFACT)}`;
  const { artifacts } = await client.artifacts.listArtifacts({ object, filter, pageSize: 1 }, call);
  if (artifacts[0]) return artifacts[0];
  const list = `\`modelbox client artifacts list ${object}\` lists them`;
  throw new NotFoundError(
    name === undefined
      ? `${object} has no files of its own; choose one of its artifacts with --name, ${list}.`
      : `There is no artifact "${name}" on ${object}; ${list}.`,
  );
}

/** A name for the folder that an artifact is downloaded to. */
export function folderOf(artifact: Artifact): string {
  if (artifact.name !== DEFAULT_ARTIFACT) return artifact.name;
  return artifact.objectPath.slice(artifact.objectPath.lastIndexOf("/") + 1).replace("@", "-");
}
