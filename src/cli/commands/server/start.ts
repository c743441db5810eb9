import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base/base-command.ts";
import { Interruption } from "../../base/interruption.ts";

export default class StartServer extends BaseCommand {
  static override summary = "Run the server until it is told to stop.";
  static override description =
    "Without a configuration file it keeps everything in ./modelbox-data and listens on this machine only. A ./modelbox.toml is used when it is there. SIGTERM and Ctrl-C let running calls end first; a second one does not wait. With --json it prints the addresses once it listens.";
  static override examples = [
    "modelbox server start",
    "modelbox server start --config-path ./path/to/modelbox.toml",
  ];
  static override flags = {
    "config-path": Flags.file({
      summary: "Configuration file; by default ./modelbox.toml, if it is there.",
      helpValue: "<file>",
    }),
    "listen-addr": Flags.string({
      summary: "Where clients connect, for example 127.0.0.1:8085; overrides the configuration.",
      helpValue: "<host:port>",
    }),
    "grpc-listen-addr": Flags.string({
      summary: "Where native gRPC clients connect; overrides the configuration.",
      helpValue: "<host:port>",
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(StartServer);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const [{ loadServerConfig }, { startServer }] = await Promise.all([
      import("../../../config/index.ts"),
      import("../../../server/start.ts"),
    ]);
    const loaded = loadServerConfig({
      path: flags["config-path"],
      env: process.env,
      cwd: process.cwd(),
      flags: { listen_addr: flags["listen-addr"], grpc_listen_addr: flags["grpc-listen-addr"] },
    });
    await using server = await startServer(loaded.config, {
      signal: stopping.signal,
      configFile: loaded.file,
      warnings: loaded.warnings,
    });
    if (this.output.mode === "json") await this.output.text(`${JSON.stringify(server.addresses)}\n`);
    await server.stopped;
  }
}
