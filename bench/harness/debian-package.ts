import type { BenchContext } from "./bench.ts";
import { run } from "./processes.ts";

/**
 * Path of a program of the Debian package of the same name, which is installed when it is missing and this user may;
 * undefined when it can't be had. A smoke run installs nothing.
 */
export async function programOf(packageName: string, context: BenchContext): Promise<string | undefined> {
  const found = Bun.which(packageName) ?? undefined;
  const mayInstall = !context.smoke && process.getuid?.() === 0 && Bun.which("apt-get") !== null;
  if (found !== undefined || !mayInstall) {
    if (found === undefined) context.log(`not compared with ${packageName}: apt-get install ${packageName}`);
    return found;
  }
  context.log(`installing Debian's ${packageName}`);
  try {
    await run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", packageName], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.log(`not compared with ${packageName}, which could not be installed: ${reason}`);
  }
  return Bun.which(packageName) ?? undefined;
}
