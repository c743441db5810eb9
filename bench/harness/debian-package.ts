import type { BenchContext } from "./bench.ts";
import { run } from "./processes.ts";

/**
 * Path of a program of a Debian package (of the same name, unless `program` says another), which is installed when it is
 * missing and this user may; undefined when it can't be had. A smoke run installs nothing.
 */
export async function programOf(
  packageName: string,
  context: BenchContext,
  program: string = packageName,
): Promise<string | undefined> {
  const found = Bun.which(program) ?? undefined;
  if (found !== undefined) return found;
  const reason = await installPackages([packageName], context);
  if (reason !== undefined) context.log(`not compared with ${program}: ${reason}`);
  return Bun.which(program) ?? undefined;
}

/** Installs Debian packages where this user may, which a smoke run never does; returns why not, and what would help. */
export async function installPackages(
  packages: readonly string[],
  context: BenchContext,
): Promise<string | undefined> {
  const mayInstall = !context.smoke && process.getuid?.() === 0 && Bun.which("apt-get") !== null;
  if (!mayInstall) return `apt-get install --no-install-recommends ${packages.join(" ")}`;
  context.log(`installing Debian's ${packages.join(", ")}`);
  try {
    await run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", ...packages], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    return undefined;
  } catch (error) {
    return `it could not be installed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
