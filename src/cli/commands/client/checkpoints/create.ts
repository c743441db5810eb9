import { Flags } from "@oclif/core";
import { experimentTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argumentList, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { int64Flag, labelFlag, metricFlag, repeated } from "../../../flags/values.ts";
import { uniqueEntries } from "../../../input/key-value.ts";
import { labelMap } from "../../../input/labels.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class CreateCheckpoint extends TransferCommand {
  static override summary = "Store a checkpoint: files and metrics of an experiment at a step.";
  static override description =
    "Nothing is visible before all of it is stored. After an interruption, the same command sends only what is missing. Files are stored under their name, folders with the paths inside them.";
  static override examples = [
    "modelbox client checkpoints create --experiment langtech/wav2vec-lid --step 1000 --epoch 2 --metric loss=0.31 ./checkpoint-1000",
    "modelbox client checkpoints create --experiment langtech/wav2vec-lid --step 2000 --name best --metric loss=0.27 --label best=true model.safetensors optimizer.pt",
  ];
  static override args = { files: argumentList("Files and folders to store.") };
  static override flags = {
    experiment: { ...experimentFlag, required: true },
    project: projectFlag,
    step: int64Flag({ summary: "Training step.", required: true }),
    epoch: int64Flag({ summary: "Training epoch." }),
    name: Flags.string({ summary: "Name; unique in the experiment. By default step-<n>." }),
    metric: metricFlag(repeated),
    label: labelFlag(repeated),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CreateCheckpoint);
    const metrics = uniqueEntries(flags.metric ?? []);
    const labels = labelMap(flags.label);
    const reference = await experimentTarget(this.need, undefined, flags);
    const client = await this.connect(flags);
    // Asked for first: a mistyped experiment must not be found out after an upload of hours.
    const { experiment } = await client.experiments.getExperiment({ experiment: reference }, this.call);
    const response = await this.uploadFiles(client, experiment?.namespaceId ?? "", args.files, (files) =>
      client.checkpoints.createCheckpoint(
        {
          experiment: reference,
          name: flags.name ?? "",
          step: flags.step,
          epoch: flags.epoch,
          labels,
          metrics,
          files,
        },
        this.call,
      ),
    );
    await this.printCreated(response, checkpointView, response.checkpoint);
  }
}
