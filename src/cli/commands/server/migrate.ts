import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base/base-command.ts";
import { migrationRows, migrationSentence, migrationView } from "../../views/migration.ts";

export default class MigrateServer extends BaseCommand {
  static override summary = "Bring the database to the schema of this executable.";
  static override description =
    "`server start` does it too; by itself it is for upgrades that are to be seen before the server runs. With integrated storage it is refused while a server has the database open; with a database server, others wait until it is done. With --status it only shows both sides. With --quiet it prints the tags of the migrations.";
  static override examples = [
    "modelbox server migrate",
    "modelbox server migrate --status --config-path ./path/to/modelbox.toml",
  ];
  static override flags = {
    status: Flags.boolean({ summary: "Show what is applied and what is not, and change nothing." }),
    "config-path": Flags.file({
      summary: "Configuration file of the server; by default ./modelbox.toml, if it is there.",
      helpValue: "<file>",
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(MigrateServer);
    const [{ loadServerConfig }, { migrateStorage, storageStatus }] = await Promise.all([
      import("../../../config/index.ts"),
      import("../../../server/context.ts"),
    ]);
    const { config, warnings } = loadServerConfig({
      path: flags["config-path"],
      env: process.env,
      cwd: process.cwd(),
    });
    for (const warning of warnings) await this.output.warn(warning);
    const before = await storageStatus(config);
    const status = flags.status ? before : await migrateStorage(config);
    if (this.output.mode === "json") {
      return await this.output.text(`${JSON.stringify(status, undefined, 2)}\n`);
    }
    await this.output.rows(migrationView, migrationRows(status));
    if (flags.status) return await this.output.note(migrationSentence(status));
    const done = before.pending.length;
    await this.output.note(
      done === 0 ? `${status.database} was up to date.` : `Brought ${status.database} up to date.`,
    );
  }
}
