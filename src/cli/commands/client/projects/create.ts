import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { quotaFlag } from "../../../flags/quota.ts";
import { labelFlag, repeated } from "../../../flags/values.ts";
import { labelMap } from "../../../input/labels.ts";
import { projectView } from "../../../views/project.ts";

export default class CreateProject extends ClientCommand {
  static override summary = "Create a project.";
  static override description =
    "A project groups the experiments and models of a team. One that is there with the same fields is returned.";
  static override examples = [
    "modelbox client projects create --name langtech --owner your@email.com",
    "modelbox client projects create --name langtech --owner your@email.com --quota 500GB --label team=speech",
  ];
  static override flags = {
    name: Flags.string({ summary: "Name of the project; unique on the server.", required: true }),
    owner: Flags.string({ summary: "Who is responsible, for example an e-mail address." }),
    description: Flags.string({ summary: "What it is about." }),
    quota: quotaFlag(),
    label: labelFlag(repeated),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CreateProject);
    const client = await this.connect(flags);
    const response = await client.namespaces.createNamespace(
      {
        name: flags.name,
        owner: flags.owner ?? "",
        description: flags.description ?? "",
        labels: labelMap(flags.label),
        ...(typeof flags.quota === "bigint" ? { quotaBytes: flags.quota } : {}),
      },
      this.call,
    );
    await this.printCreated(response, projectView, response.namespace);
  }
}
