import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { projectTarget } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { quotaFlag } from "../../../flags/quota.ts";
import { argument, projectFlag } from "../../../flags/objects.ts";
import { changedFields } from "../../../input/changed-fields.ts";
import { projectView } from "../../../views/project.ts";

export default class UpdateProject extends ClientCommand {
  static override summary = "Change a project.";
  static override description =
    "Only the fields that are given change; an empty text clears a field, and a quota of none the quota. " +
    "A quota below what is stored stops new uploads and deletes nothing.";
  static override examples = [
    "modelbox client projects update langtech --owner other@email.com",
    "modelbox client projects update langtech --name speech --description 'Speech and language'",
    "modelbox client projects update langtech --quota 2TiB",
  ];
  static override args = { project: argument("Id or name of the project.") };
  static override flags = {
    project: projectFlag,
    name: Flags.string({ summary: "New name; ids, links and history stay." }),
    owner: Flags.string({ summary: "New owner." }),
    description: Flags.string({ summary: "New description." }),
    quota: quotaFlag(),
    ...updateFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpdateProject);
    const { name, owner, description, quota } = flags;
    const changed = changedFields({ name, owner, description, quota });
    const { quota: quotaBytes, ...texts } = changed;
    const update = { ...texts, ...(typeof quotaBytes === "bigint" ? { quotaBytes } : {}) };
    // What is named and not set is cleared.
    const paths = Object.keys(changed).map((field) => (field === "quota" ? "quota_bytes" : field));
    const namespace = await projectTarget(this.need, args.project, flags);
    const client = await this.connect(flags);
    const response = await client.namespaces.updateNamespace(
      { namespace, update, updateMask: { paths }, etag: flags.etag ?? "" },
      this.call,
    );
    await this.output.object(response, projectView, response.namespace);
  }
}
