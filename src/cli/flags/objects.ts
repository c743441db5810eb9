import { Args, Flags } from "@oclif/core";

/** The other names of `--project`; the three mean the same everywhere. */
const PROJECT_ALIASES = ["project-id", "namespace"];

const PROJECT_SUMMARY = "Id or name of the project; --project-id and --namespace mean the same.";

/** `--project`, where the command can't do without it. */
export const requiredProjectFlag = Flags.string({
  char: "p",
  aliases: PROJECT_ALIASES,
  summary: PROJECT_SUMMARY,
  helpValue: "<project>",
  required: true,
});

/** `--project`, where an object may also be named without it. */
export const projectFlag = Flags.string({
  char: "p",
  aliases: PROJECT_ALIASES,
  summary: PROJECT_SUMMARY,
  helpValue: "<project>",
});

export const experimentFlag = Flags.string({
  summary: "Id or path of the experiment, for example langtech/wav2vec-lid.",
  helpValue: "<experiment>",
});

export const checkpointFlag = Flags.string({
  summary:
    "Id or path of the checkpoint, for example langtech/wav2vec-lid/latest; with --experiment its name alone.",
  helpValue: "<checkpoint>",
});

export const modelFlag = Flags.string({
  summary: "Id or path of the model, for example langtech/lid.",
  helpValue: "<model>",
});

export const versionFlag = Flags.string({
  summary: "Id or path of the version, for example langtech/lid@3; with --model the version alone.",
  helpValue: "<version>",
});

export const tagFlag = Flags.string({
  summary: "With --model: the version that carries this unique tag.",
  helpValue: "<tag>",
});

/** Flags that name a version. */
export const versionFlags = { version: versionFlag, model: modelFlag, tag: tagFlag, project: projectFlag };

/** Flags that name an object of any kind, all at once or by its parts. */
export const objectFlags = {
  object: Flags.string({
    summary: "Any object as kind:id or kind:path, for example version:langtech/lid@3.",
    helpValue: "<kind:object>",
  }),
  project: projectFlag,
  experiment: experimentFlag,
  checkpoint: checkpointFlag,
  model: modelFlag,
  version: versionFlag,
  tag: tagFlag,
};

/** Flags that name an artifact: by its id, or by its name on an object. */
export const artifactFlags = {
  artifact: Flags.string({ summary: "Id of the artifact.", helpValue: "<id>" }),
  ...objectFlags,
  name: Flags.string({ summary: "Which artifact of the object; by default the files stored with it." }),
};

/** The argument that stands for them. */
export const artifactArgument = argument("Id of the artifact, or any object as kind:id or kind:path.");

/** What the flags that name an object say. */
export interface ObjectFlagValues {
  readonly object?: string | undefined;
  readonly project?: string | undefined;
  readonly experiment?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly tag?: string | undefined;
}

/** An argument that is never read from standard input, as oclif would when it is missing. */
export function argument(description: string) {
  return Args.string({ description, ignoreStdin: true });
}

/** Any number of arguments. */
export function argumentList(description: string) {
  return Args.string({ description, ignoreStdin: true, multiple: true });
}
