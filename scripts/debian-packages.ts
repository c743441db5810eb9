/** The programs that tests start for real, and the Debian packages that they come from. */
interface Needed {
  readonly packageName: string;
  readonly isThere: () => boolean;
}

const needed: readonly Needed[] = [
  { packageName: "mariadb-server", isThere: () => has("mariadbd") },
  {
    packageName: "postgresql",
    isThere: () => [...new Bun.Glob("usr/lib/postgresql/*/bin/postgres").scanSync({ cwd: "/" })].length > 0,
  },
  { packageName: "nginx", isThere: () => has("nginx") },
  { packageName: "openssl", isThere: () => has("openssl") },
];

/** Installs what is missing, as root on Debian; otherwise throws with the command that does. */
export async function installTestServers(): Promise<void> {
  const missing = needed.filter(({ isThere }) => !isThere()).map(({ packageName }) => packageName);
  if (missing.length === 0) return;
  const install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    throw new Error(
      `The tests start real servers, some of which are missing; run as root: ${install.join(" ")}`,
    );
  }
  console.log(`installing for the tests: ${missing.join(", ")}`);
  for (const command of [["apt-get", "update", "--quiet"], install]) {
    // In run level 1 a package does not start its server.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "ignore", stderr: "inherit" });
    if ((await child.exited) !== 0) throw new Error(`\`${command.join(" ")}\` failed; run it and see why.`);
  }
}

function has(program: string): boolean {
  return Bun.which(program, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` }) !== null;
}
