import type { Command } from "@oclif/core";

/** Loads the module of one command; the module's default export is the command's class. */
type CommandLoader = () => Promise<{ default: Command.Class }>;

/**
 * Every command by id, where `client:experiments:list` is typed as `modelbox client experiments list` and
 * lives in `commands/client/experiments/list.ts`. An executable has no folder to scan, so the table is
 * written out; test/tidy compares it with the folder. A command is loaded when it is called, or
 * with all others for help, so what one command imports does not slow the others down.
 */
export const commandTable: Readonly<Record<string, CommandLoader>> = {
  "client:projects:create": () => import("./commands/client/projects/create.ts"),
  "client:projects:list": () => import("./commands/client/projects/list.ts"),
  "client:projects:get": () => import("./commands/client/projects/get.ts"),
  "client:projects:update": () => import("./commands/client/projects/update.ts"),
  "client:projects:delete": () => import("./commands/client/projects/delete.ts"),
  "client:experiments:create": () => import("./commands/client/experiments/create.ts"),
  "client:experiments:list": () => import("./commands/client/experiments/list.ts"),
  "client:experiments:get": () => import("./commands/client/experiments/get.ts"),
  "client:experiments:update": () => import("./commands/client/experiments/update.ts"),
  "client:experiments:delete": () => import("./commands/client/experiments/delete.ts"),
  "client:checkpoints:create": () => import("./commands/client/checkpoints/create.ts"),
  "client:checkpoints:list": () => import("./commands/client/checkpoints/list.ts"),
  "client:checkpoints:get": () => import("./commands/client/checkpoints/get.ts"),
  "client:checkpoints:latest": () => import("./commands/client/checkpoints/latest.ts"),
  "client:checkpoints:download": () => import("./commands/client/checkpoints/download.ts"),
  "client:checkpoints:update": () => import("./commands/client/checkpoints/update.ts"),
  "client:checkpoints:delete": () => import("./commands/client/checkpoints/delete.ts"),
  "client:models:create": () => import("./commands/client/models/create.ts"),
  "client:models:list": () => import("./commands/client/models/list.ts"),
  "client:models:get": () => import("./commands/client/models/get.ts"),
  "client:models:update": () => import("./commands/client/models/update.ts"),
  "client:models:delete": () => import("./commands/client/models/delete.ts"),
  "client:versions:create": () => import("./commands/client/versions/create.ts"),
  "client:versions:list": () => import("./commands/client/versions/list.ts"),
  "client:versions:get": () => import("./commands/client/versions/get.ts"),
  "client:versions:download": () => import("./commands/client/versions/download.ts"),
  "client:versions:update": () => import("./commands/client/versions/update.ts"),
  "client:versions:tag": () => import("./commands/client/versions/tag.ts"),
  "client:versions:untag": () => import("./commands/client/versions/untag.ts"),
  "client:versions:tags": () => import("./commands/client/versions/tags.ts"),
  "client:versions:delete": () => import("./commands/client/versions/delete.ts"),
  "client:artifacts:upload": () => import("./commands/client/artifacts/upload.ts"),
  "client:artifacts:track": () => import("./commands/client/artifacts/track.ts"),
  "client:artifacts:list": () => import("./commands/client/artifacts/list.ts"),
  "client:artifacts:get": () => import("./commands/client/artifacts/get.ts"),
  "client:artifacts:files": () => import("./commands/client/artifacts/files.ts"),
  "client:artifacts:download": () => import("./commands/client/artifacts/download.ts"),
  "client:artifacts:delete": () => import("./commands/client/artifacts/delete.ts"),
  "client:labels:set": () => import("./commands/client/labels/set.ts"),
  "client:labels:get": () => import("./commands/client/labels/get.ts"),
  "client:labels:unset": () => import("./commands/client/labels/unset.ts"),
  "client:metrics:log": () => import("./commands/client/metrics/log.ts"),
  "client:metrics:get": () => import("./commands/client/metrics/get.ts"),
  "client:events:log": () => import("./commands/client/events/log.ts"),
  "client:events:list": () => import("./commands/client/events/list.ts"),
  "client:lineage": () => import("./commands/client/lineage.ts"),
  "client:lineage:link": () => import("./commands/client/lineage/link.ts"),
  "client:lineage:unlink": () => import("./commands/client/lineage/unlink.ts"),
  "client:storage": () => import("./commands/client/storage.ts"),
  "client:watch": () => import("./commands/client/watch.ts"),
  "client:init-config": () => import("./commands/client/init-config.ts"),
  "server:start": () => import("./commands/server/start.ts"),
  "server:init-config": () => import("./commands/server/init-config.ts"),
  "server:migrate": () => import("./commands/server/migrate.ts"),
  "server:backup": () => import("./commands/server/backup.ts"),
  "server:restore": () => import("./commands/server/restore.ts"),
  "server:copy": () => import("./commands/server/copy.ts"),
  "server:gc": () => import("./commands/server/gc.ts"),
  "server:tokens:create": () => import("./commands/server/tokens/create.ts"),
  "server:tokens:list": () => import("./commands/server/tokens/list.ts"),
  "server:tokens:revoke": () => import("./commands/server/tokens/revoke.ts"),
  "completion:bash": () => import("./commands/completion/bash.ts"),
  "completion:zsh": () => import("./commands/completion/zsh.ts"),
  "completion:fish": () => import("./commands/completion/fish.ts"),
};

/** What help says about the groups of commands. */
export const topics: Readonly<Record<string, { readonly description: string }>> = {
  client: { description: "Use a ModelBox server." },
  "client:projects": { description: "Projects group the experiments and models of a team." },
  "client:experiments": { description: "Experiments are training runs; they produce checkpoints." },
  "client:checkpoints": { description: "Checkpoints are the files and metrics of an experiment at a step." },
  "client:models": { description: "Models hold what all trained versions for one task have in common." },
  "client:versions": { description: "Versions are trained models, with their files and unique tags." },
  "client:artifacts": { description: "Artifacts are named sets of files on any object, stored or tracked." },
  "client:labels": { description: "Labels are searchable keys with JSON values on any object." },
  "client:metrics": { description: "Metrics are values by key and step on any object." },
  "client:events": { description: "Events are what outside systems report about an object." },
  "client:lineage": { description: "Lineage says what was made from what." },
  server: { description: "Run a ModelBox server." },
  "server:tokens": { description: "Tokens say who may call the server." },
  completion: { description: "Print a script that completes commands in a shell." },
};

/** Loads commands: those with these ids, or all. */
export async function loadCommands(
  ids: readonly string[] = Object.keys(commandTable),
): Promise<Record<string, Command.Class>> {
  const entries = ids.map(async (id) => {
    const load = commandTable[id];
    if (!load) throw new Error(`There is no command ${id}.`);
    return [id, (await load()).default] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
