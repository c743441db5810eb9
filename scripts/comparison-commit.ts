/** The state that a change is judged against: the newest release, before the first one the commit before. */
export function comparisonCommit(root: string, path: string): string | undefined {
  const git = (...args: string[]) => {
    const { exitCode, stdout } = Bun.spawnSync(["git", ...args], { cwd: root, stderr: "ignore" });
    return exitCode === 0 ? stdout.toString().trim() : undefined;
  };
  if (!Bun.which("git")) return undefined;
  const changedHere = git("status", "--porcelain", "--", path);
  const candidate =
    git("describe", "--tags", "--abbrev=0", "--match", "v*") ?? (changedHere ? "HEAD" : "HEAD~1");
  // A first commit, a shallow clone and an archive have nothing to compare with.
  return git("cat-file", "-e", `${candidate}:${path}`) === undefined ? undefined : candidate;
}
