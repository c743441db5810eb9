import { ClientCommand } from "../../../base/client-command.ts";
import { projectTarget } from "../../../base/targets.ts";
import { deleteFlagsWith } from "../../../flags/changes.ts";
import { argument, projectFlag } from "../../../flags/objects.ts";
import { projectView } from "../../../views/project.ts";

export default class DeleteProject extends ClientCommand {
  static override summary = "Delete a project.";
  static override description = "One that has experiments or models is deleted only with --recursive.";
  static override examples = [
    "modelbox client projects delete langtech",
    "modelbox client projects delete langtech --recursive --yes",
  ];
  static override args = { project: argument("Id or name of the project.") };
  static override flags = { project: projectFlag, ...deleteFlagsWith("experiments or models") };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteProject);
    const namespace = await projectTarget(this.need, args.project, flags);
    await this.confirmDeletion(`project ${namespace}`, flags);
    const client = await this.connect(flags);
    const response = await client.namespaces.deleteNamespace(
      { namespace, recursive: flags.recursive, etag: flags.etag ?? "" },
      this.call,
    );
    await this.printDeleted(response, projectView, response.namespace);
  }
}
