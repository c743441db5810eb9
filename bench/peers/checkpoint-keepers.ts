import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { BenchContext } from "../harness/bench.ts";
import { programOf } from "../harness/debian-package.ts";
import { run, type RunOptions } from "../harness/processes.ts";
import { bytesIn, sumOf, type KeeperKind } from "../series/keeper.ts";

/** Ways in which a tool takes part once more. */
const secondWays = ["restic max", "borg zstd"];

/** What people keep checkpoints with today, as far as it is there; in a smoke run each in one way. */
export async function findKeepers(context: BenchContext): Promise<readonly KeeperKind[]> {
  const restic = await programOf("restic", context);
  const borg = await programOf("borgbackup", context, "borg");
  const gitLfs = await programOf("git-lfs", context);
  const keepers = [
    plainFiles,
    ...(restic === undefined
      ? []
      : [resticKeeper("restic", []), resticKeeper("restic max", ["--compression", "max"])]),
    ...(borg === undefined ? [] : [borgKeeper("borg lz4", "lz4"), borgKeeper("borg zstd", "zstd")]),
    ...(gitLfs === undefined ? [] : [gitLfsKeeper]),
  ];
  return context.smoke ? keepers.filter(({ name }) => !secondWays.includes(name)) : keepers;
}

/** A copy for each checkpoint, which is not flushed. */
const plainFiles: KeeperKind = {
  name: "cp",
  async open(folder, fileName) {
    const kept = (step: number) => join(folder, `step-${step}`);
    return {
      store: (path, step) => run(["cp", path, kept(step)]),
      restore: (step, target) => run(["cp", kept(step), join(target, fileName)]),
      storedBytes: () => bytesIn(folder),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

/** One snapshot for each checkpoint. It always encrypts. */
function resticKeeper(name: string, backupOptions: readonly string[]): KeeperKind {
  return {
    name,
    async open(folder) {
      const repository = join(folder, "repository");
      const env = {
        RESTIC_REPOSITORY: repository,
        RESTIC_PASSWORD: "bench",
        RESTIC_CACHE_DIR: join(folder, "cache"),
      };
      await run(["restic", "init", "--quiet"], { env });
      return {
        store: (path, step) =>
          run(["restic", "backup", "--quiet", ...backupOptions, "--tag", `step-${step}`, basename(path)], {
            env,
            cwd: dirname(path),
          }),
        restore: (step, target) =>
          run(["restic", "restore", "--quiet", "latest", "--tag", `step-${step}`, "--target", target], {
            env,
          }),
        storedBytes: () => bytesIn(repository),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
}

/** One archive for each checkpoint, without encryption, which takes less time. */
function borgKeeper(name: string, compression: string): KeeperKind {
  return {
    name,
    async open(folder) {
      const repository = join(folder, "repository");
      const env = {
        BORG_BASE_DIR: join(folder, "home"),
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      };
      await mkdir(env.BORG_BASE_DIR);
      await run(["borg", "init", "--encryption", "none", repository], { env });
      return {
        store: (path, step) =>
          run(
            ["borg", "create", "--compression", compression, `${repository}::step-${step}`, basename(path)],
            {
              env,
              cwd: dirname(path),
            },
          ),
        restore: (step, target) =>
          run(["borg", "extract", `${repository}::step-${step}`], { env, cwd: target }),
        storedBytes: () => bytesIn(repository),
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
}

/** One commit for each checkpoint, pushed to a bare repository; restored from a new clone of it. */
const gitLfsKeeper: KeeperKind = {
  name: "git-lfs",
  async open(folder, fileName) {
    const remote = join(folder, "remote.git");
    const home = join(folder, "home");
    await mkdir(home);
    const settings = [
      "[user]",
      "name = bench",
      "email = bench@localhost",
      "[init]",
      "defaultBranch = main",
      "",
    ];
    await writeFile(join(home, ".gitconfig"), settings.join("\n"));
    const git = (words: readonly string[], options: RunOptions = {}) =>
      run(["git", ...words], { ...options, env: { HOME: home, GIT_CONFIG_NOSYSTEM: "1", ...options.env } });
    await git(["lfs", "install"], { cwd: home });
    await git(["init", "--quiet", "--bare", remote]);
    const commits = new Map<number, string>();
    const prepare = async (cwd: string) => {
      await git(["init", "--quiet"], { cwd });
      await git(["remote", "add", "origin", `file://${remote}`], { cwd });
      await git(["lfs", "track", "--filename", fileName], { cwd });
      await git(["add", ".gitattributes"], { cwd });
      await git(["commit", "--quiet", "--message", "Track"], { cwd });
      return cwd;
    };
    let work: string | undefined;
    let clone: string | undefined;
    return {
      async store(path, step) {
        const cwd = (work ??= await prepare(dirname(path)));
        const costs = [
          await git(["add", fileName], { cwd }),
          await git(["commit", "--quiet", "--message", `Step ${step}`], { cwd }),
          await git(["push", "--quiet", "origin", "main"], { cwd }),
        ];
        commits.set(step, (await git(["rev-parse", "HEAD"], { cwd })).stdout.trim());
        return sumOf(costs);
      },
      async restore(step, target) {
        const costs = [];
        if (clone === undefined) {
          clone = join(folder, "clone");
          costs.push(
            await git(["clone", "--quiet", `file://${remote}`, clone], { env: { GIT_LFS_SKIP_SMUDGE: "1" } }),
          );
        }
        costs.push(await git(["checkout", "--quiet", "--force", commits.get(step) ?? ""], { cwd: clone }));
        // Within the clone it is where people want it; moving it is not measured.
        await run(["mv", join(clone, fileName), join(target, fileName)]);
        return sumOf(costs);
      },
      storedBytes: () => bytesIn(remote),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};
