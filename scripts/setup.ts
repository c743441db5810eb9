/**
 * Installs the dependencies and builds dist/modelbox where needed. Runs before anything is installed, so it
 * imports nothing that isn't part of Bun. Two at once are safe: the second waits, and finds the work done.
 */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
/** Longer than the slowest first install that anybody would sit through. */
const lockWaitMs = 15 * 60_000;

for (const folder of [".tools", "dist"]) mkdirSync(join(root, folder), { recursive: true });
// SQLite's lock because the system drops it when its holder dies, on every platform.
const lock = new Database(join(root, ".tools/setup.lock"));
lock.run(`PRAGMA busy_timeout = ${lockWaitMs}`);
lock.run("BEGIN EXCLUSIVE");
installDependencies();
if (sourcesChanged()) build();
lock.close();

function installDependencies(): void {
  const stamp = join(root, "node_modules/.modelbox-installed");
  const inputs = [join(root, "bun.lock"), join(root, "package.json")];
  if (
    existsSync(stamp) &&
    inputs.every((input) => Bun.file(input).lastModified <= Bun.file(stamp).lastModified)
  ) {
    return;
  }
  console.error("modelbox: installing dependencies");
  const startedAt = new Date();
  run([process.execPath, "install", "--frozen-lockfile", "--silent"]);
  writeFileSync(stamp, "");
  utimesSync(stamp, startedAt, startedAt);
}

function sourcesChanged(): boolean {
  const command = `. "$1/scripts/changed.sh" && modelbox_changed "$1"`;
  return Bun.spawnSync(["sh", "-c", command, "sh", root]).exitCode === 0;
}

function build(): void {
  console.error("modelbox: building dist/modelbox");
  for (const left of new Bun.Glob(".building-*").scanSync({
    cwd: join(root, "dist"),
    dot: true,
    onlyFiles: false,
  })) {
    rmSync(join(root, "dist", left), { recursive: true, force: true });
  }
  run([process.execPath, join(root, "scripts/build.ts")]);
}

function run(command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
  if (exitCode === 0) return;
  console.error(`modelbox: \`${command.join(" ")}\` ended with status ${exitCode}.`);
  process.exit(1);
}
