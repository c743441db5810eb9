import { ClientCommand } from "../../../base/client-command.ts";
import { projectTarget } from "../../../base/targets.ts";
import { argument, projectFlag } from "../../../flags/objects.ts";
import { projectView } from "../../../views/project.ts";

export default class GetProject extends ClientCommand {
  static override summary = "Show a project.";
  static override description = "With its labels.";
  static override examples = [
    "modelbox client projects get langtech",
    "modelbox client projects get langtech --json",
  ];
  static override args = { project: argument("Id or name of the project.") };
  static override flags = { project: projectFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetProject);
    const namespace = await projectTarget(this.need, args.project, flags);
    const client = await this.connect(flags);
    const response = await client.namespaces.getNamespace({ namespace }, this.call);
    await this.output.object(response, projectView, response.namespace);
  }
}
