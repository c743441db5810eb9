import type { ObjectFlagValues } from "../flags/objects.ts";
import {
  checkpointName,
  experimentName,
  hasKind,
  isOutside,
  modelName,
  nodeFromText,
  objectFromParts,
  objectFromText,
  versionName,
} from "../input/object-name.ts";
import { UsageError } from "../output/usage-error.ts";
import type { Wanted } from "./base-command.ts";

/** Returns the value, or gets it from whoever sits at the terminal. */
export type Need = (value: string | undefined, wanted: Wanted) => Promise<string>;

/** The project that an argument or `--project` names. */
export async function projectTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  return await need(one(argument, flags.project, "--project"), {
    typed: "--project",
    summary: "Id or name of the project",
  });
}

/** The experiment that an argument or `--experiment` names, in `--project` when the name is bare. */
export async function experimentTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  const experiment = await need(one(argument, flags.experiment, "--experiment"), {
    typed: "--experiment",
    summary: "Id or path of the experiment, for example langtech/wav2vec-lid",
  });
  return experimentName({ ...flags, experiment });
}

/** The checkpoint that an argument or `--checkpoint` names, in `--experiment` when the name is bare. */
export async function checkpointTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  const checkpoint = await need(one(argument, flags.checkpoint, "--checkpoint"), {
    typed: "--checkpoint",
    summary: "Id or path of the checkpoint, for example langtech/wav2vec-lid/latest",
  });
  return checkpointName({ ...flags, checkpoint });
}

/** The model that an argument or `--model` names, in `--project` when the name is bare. */
export async function modelTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  const model = await need(one(argument, flags.model, "--model"), {
    typed: "--model",
    summary: "Id or path of the model, for example langtech/lid",
  });
  return modelName({ ...flags, model });
}

/** The version that an argument, `--version`, or `--model` with `--tag` names. */
export async function versionTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  if (flags.tag !== undefined) {
    const model = one(argument, flags.model, "--model");
    return versionName({ ...flags, model });
  }
  const version = await need(one(argument, flags.version, "--version"), {
    typed: "--version",
    summary: "Id or path of the version, for example langtech/lid@3",
  });
  return versionName({ ...flags, version });
}

/** The object of any kind that an argument or the flags name, as `kind:reference`. */
export async function objectTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  const text = one(argument, flags.object, "--object");
  const named = objectFromParts(flags);
  if (text !== undefined && named !== undefined) {
    throw new UsageError(`${text} and ${named} are both given; name one object`);
  }
  if (named !== undefined) return named;
  const typed = await need(text, {
    typed: "--object",
    summary: "Kind and path of the object, for example version:langtech/lid@3",
  });
  return objectFromText(typed);
}

async function artifactTarget(
  need: Need,
  argument: string | undefined,
  flags: { readonly artifact?: string | undefined },
): Promise<string> {
  const artifact = await need(one(argument, flags.artifact, "--artifact"), {
    typed: "--artifact",
    summary: "Id of the artifact",
  });
  return artifact.replace(/^artifact:/, "");
}

/** What names a set of files: an artifact by its id, or an object by `kind:reference`. */
export type FilesOf = { readonly artifact: string } | { readonly object: string };

/** The set of files that an argument or the flags name; an argument without a kind is an artifact's id. */
export async function filesTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues & { readonly artifact?: string | undefined },
): Promise<FilesOf> {
  const isArtifact = argument !== undefined && (argument.startsWith("artifact:") || !hasKind(argument));
  if (isArtifact || flags.artifact !== undefined) {
    if (flags.object !== undefined || objectFromParts(flags) !== undefined) {
      throw new UsageError("An artifact and an object are both given; name one");
    }
    return { artifact: await artifactTarget(need, argument, flags) };
  }
  return { object: await objectTarget(need, argument, flags) };
}

/**
 * The lineage node that an argument or the flags name: an object, or something outside. Beside a named node, `--project`
 * only says where it belongs.
 */
export async function nodeTarget(
  need: Need,
  argument: string | undefined,
  flags: ObjectFlagValues,
): Promise<string> {
  const text = one(argument, flags.object, "--object");
  if (text === undefined) return await objectTarget(need, undefined, flags);
  return isOutside(text)
    ? text
    : await objectTarget(need, text, { ...flags, object: undefined, project: undefined });
}

/** Both ends of a link. */
export async function edgeTarget(
  need: Need,
  given: { readonly source?: string | undefined; readonly target?: string | undefined },
): Promise<{ source: string; target: string }> {
  const source = await need(given.source, {
    typed: "SOURCE",
    summary: "What it was made from, as kind:path",
  });
  const target = await need(given.target, { typed: "TARGET", summary: "What was made, as kind:path" });
  return { source: nodeFromText(source), target: nodeFromText(target) };
}

/** Takes the object off the arguments of a command whose other arguments can't look like one. */
export function takeObject(argumentsGiven: readonly string[]): {
  readonly object: string | undefined;
  readonly rest: readonly string[];
} {
  const [first, ...rest] = argumentsGiven;
  if (first === undefined || first.includes("=") || !hasKind(first))
    return { object: undefined, rest: argumentsGiven };
  return { object: first, rest };
}

function one(argument: string | undefined, flag: string | undefined, flagName: string): string | undefined {
  if (argument !== undefined && flag !== undefined && argument !== flag) {
    throw new UsageError(`${argument} and ${flagName} ${flag} are both given; name one object`);
  }
  return argument ?? flag;
}
