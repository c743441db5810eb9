import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dir, "../..");

/** The repository's files, with those that are not committed yet: relative paths, in order. */
export const trackedFiles: readonly string[] = listFiles();

/** Files that programs write; the rules for hand-written ones don't hold there. */
export function isGenerated(path: string): boolean {
  return /^(src\/gen\/|sdk\/python\/src\/modelbox\/_gen\/|src\/embed\/migrations\.ts$|drizzle\/.*(\.sql|\.json)$|bun\.lock$|scripts\/release-parts\/bun\.lock$)/.test(
    path,
  );
}

/** The text of a tracked file; nothing for an image or another binary. */
export function textOf(path: string): string | undefined {
  const bytes = readFileSync(join(root, path));
  return bytes.includes(0) ? undefined : bytes.toString("utf8");
}

function listFiles(): string[] {
  const git = Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
    {
      cwd: root,
    },
  );
  if (git.exitCode !== 0) throw new Error(`git ls-files failed: ${git.stderr.toString()}`);
  const deleted = Bun.spawnSync(["git", "ls-files", "-z", "--deleted"], { cwd: root });
  const gone = new Set(deleted.stdout.toString().split("\0"));
  return git.stdout
    .toString()
    .split("\0")
    .filter((path) => path && !gone.has(path))
    .toSorted();
}
