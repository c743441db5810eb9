import { DomainError } from "../../domain/errors.ts";

/** Errors for what is not there; each names the part that is missing and how to see what there is. */
export function missingNamespace(reference: string): DomainError {
  return missing("namespace", reference, "", "`modelbox client projects list` lists them");
}

export function missingExperiment(name: string, namespace: string): DomainError {
  const hint = `\`modelbox client experiments list --project ${namespace}\` lists them`;
  return missing("experiment", name, ` in namespace "${namespace}"`, hint);
}

export function missingCheckpoint(name: string, experimentPath: string): DomainError {
  const hint = `\`modelbox client checkpoints list --experiment ${experimentPath}\` lists them`;
  return missing("checkpoint", name, ` in experiment "${experimentPath}"`, hint);
}

export function noCheckpointYet(experimentPath: string): DomainError {
  return new DomainError(
    "not_found",
    "NOT_FOUND",
    `Experiment "${experimentPath}" has no committed checkpoint yet; \`modelbox client checkpoints create\` adds one.`,
    { metadata: { kind: "checkpoint", name: "latest", parent: experimentPath } },
  );
}

export function missingModel(name: string, namespace: string): DomainError {
  const hint = `\`modelbox client models list --project ${namespace}\` lists them`;
  return missing("model", name, ` in namespace "${namespace}"`, hint);
}

export function missingVersion(name: string, modelPath: string): DomainError {
  const hint = `\`modelbox client versions list --model ${modelPath}\` lists them`;
  return missing("version or tag", name, ` of model "${modelPath}"`, hint);
}

export function missingTag(tag: string, modelPath: string): DomainError {
  const hint = `\`modelbox client models get ${modelPath}\` shows the tags`;
  return missing("tag", tag, ` on model "${modelPath}"`, hint);
}

/** For an id: there is no path to look into. */
export function missingId(kind: string, id: string): DomainError {
  return missing(kind, id, "", "check the id, or name it by its path");
}

export function missingLease(id: string): DomainError {
  return missing("lease", id, "", "it may have ended long ago; take a new one");
}

export function missingFile(id: string): DomainError {
  return missing(
    "file",
    id,
    "",
    "`modelbox client artifacts files` lists those of an artifact, checkpoint or version",
  );
}

function missing(kind: string, name: string, place: string, hint: string): DomainError {
  const metadata = { kind, name };
  return new DomainError("not_found", "NOT_FOUND", `There is no ${kind} "${name}"${place}; ${hint}.`, {
    metadata,
  });
}
