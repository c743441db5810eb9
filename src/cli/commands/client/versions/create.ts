import { Flags } from "@oclif/core";
import { modelTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argumentList, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { labelFlag, metricFlag, repeated } from "../../../flags/values.ts";
import { uniqueEntries } from "../../../input/key-value.ts";
import { labelMap } from "../../../input/labels.ts";
import { versionView } from "../../../views/version.ts";

export default class CreateVersion extends TransferCommand {
  static override summary = "Store a version of a model: a trained model with its files.";
  static override description =
    "Nothing is visible before all of it is stored. After an interruption, the same command sends only what is missing. Without files, the version has those of --from-checkpoint.";
  static override examples = [
    "modelbox client versions create --model langtech/lid --framework onnx --tag staging ./exported",
    "modelbox client versions create --model langtech/lid --version 3 --from-checkpoint langtech/wav2vec-lid/latest --tag production --metric acc=0.94",
  ];
  static override args = { files: argumentList("Files and folders to store.") };
  static override flags = {
    model: { ...modelFlag, required: true },
    project: projectFlag,
    version: Flags.string({ summary: "Version; unique in the model. By default the next whole number." }),
    name: Flags.string({ summary: "Title, free text." }),
    description: Flags.string({ summary: "What is new in it." }),
    framework: Flags.string({ summary: "What runs it, for example onnx." }),
    "from-checkpoint": Flags.string({
      summary: "Id or path of the checkpoint that it comes from.",
      helpValue: "<checkpoint>",
    }),
    "from-experiment": Flags.string({
      aliases: ["experiment"],
      summary: "Id or path of the experiment that it comes from; by default that of the checkpoint.",
      helpValue: "<experiment>",
    }),
    tag: Flags.string({
      ...repeated,
      summary: "Unique tag that it takes over, for example production. Repeat it for more.",
      helpValue: "<tag>",
    }),
    metric: metricFlag(repeated),
    label: labelFlag(repeated),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CreateVersion);
    const metrics = uniqueEntries(flags.metric ?? []);
    const labels = labelMap(flags.label);
    const reference = await modelTarget(this.need, undefined, { model: flags.model, project: flags.project });
    const client = await this.connect(flags);
    // Asked for first: a mistyped model must not be found out after an upload of hours.
    const { model } = await client.models.getModel({ model: reference }, this.call);
    const response = await this.uploadFiles(client, model?.namespaceId ?? "", args.files, (files) =>
      client.versions.createModelVersion(
        {
          model: reference,
          version: flags.version ?? "",
          name: flags.name ?? "",
          description: flags.description ?? "",
          framework: flags.framework ?? "",
          checkpoint: flags["from-checkpoint"] ?? "",
          experiment: flags["from-experiment"] ?? "",
          tags: flags.tag ?? [],
          labels,
          metrics,
          files,
        },
        this.call,
      ),
    );
    await this.printCreated(response, versionView, response.version);
  }
}
