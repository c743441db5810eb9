/**
 * Builds the executable for every target, or for those that are named, into dist/release with a SHA-256 file
 * each, and runs what this machine can run. What the other targets need comes from npm, pinned in release-parts/.
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { compile, root } from "./compile.ts";
import { smoke } from "./smoke.ts";
import { hostTarget, targets, type Target } from "./targets.ts";

const out = join(root, "dist/release");
const parts = join(root, ".tools/release-parts");

/** How to start a target's executable here, or why that is not possible. */
type Runner = { readonly prefix: readonly string[] } | { readonly missing: string };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0) {
  console.error(`No target ${unknown.join(", ")}; there are ${targets.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

fetchParts();
mkdirSync(out, { recursive: true });
const rows: Record<string, string>[] = [];
let failed = false;
for (const target of targets.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.error(`building ${target.name}`);
  const file = await build(target);
  const sha256 = await writeDigest(file);
  const result = await tryRun(target, file);
  failed ||= result.startsWith("FAILED");
  rows.push({
    target: target.name,
    file: basename(file),
    MB: (statSync(file).size / 1e6).toFixed(1),
    sha256: `${sha256.slice(0, 16)}…`,
    "run here": result,
  });
}
console.table(rows);
console.log(`in ${out}`);
process.exitCode = failed ? 1 : 0;

/** npm's packages for other systems and processors, which an ordinary install leaves out. */
function fetchParts(): void {
  mkdirSync(parts, { recursive: true });
  for (const name of ["package.json", "bun.lock"]) {
    copyFileSync(join(root, "scripts/release-parts", name), join(parts, name));
  }
  const install = ["install", "--frozen-lockfile", "--os", "*", "--cpu", "*", "--silent"];
  const { exitCode } = Bun.spawnSync([process.execPath, ...install], { cwd: parts, stderr: "inherit" });
  if (exitCode !== 0) {
    console.error("The parts for other machines could not be fetched from npm.");
    process.exit(1);
  }
}

async function build(target: Target): Promise<string> {
  const windows = target.name.startsWith("windows");
  const outfile = join(out, `modelbox-${target.name}${windows ? ".exe" : ""}`);
  await compile({
    outfile,
    target: target.bun,
    libsqlPackage: target.libsqlPackage,
    libsqlFolder: join(parts, "node_modules", target.libsqlPackage),
    executablePath: join(parts, "node_modules", target.bunPackage, "bin", windows ? "bun.exe" : "bun"),
  });
  return outfile;
}

/** In the form that `sha256sum --check` reads. */
async function writeDigest(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  const digest = hasher.digest("hex");
  await Bun.write(`${file}.sha256`, `${digest}  ${basename(file)}\n`);
  return digest;
}

async function tryRun(target: Target, file: string): Promise<string> {
  const runner = runnerFor(target);
  if ("missing" in runner) return `no: needs ${runner.missing}`;
  // A musl loader without the C++ library finds one where its user says.
  const libraries = process.env["MODELBOX_MUSL_LIBRARY_PATH"];
  const env = target.name.endsWith("-musl") && libraries ? { LD_LIBRARY_PATH: libraries } : {};
  try {
    await smoke([...runner.prefix, file], env);
    return "yes: version, server ready, clean end";
  } catch (error) {
    return `FAILED: ${String(error).replaceAll(/\s+/g, " ").slice(0, 200)}`;
  }
}

function runnerFor(target: Target): Runner {
  if (target.name === hostTarget().name) return { prefix: [] };
  if (process.platform !== "linux") return { missing: `a ${target.name} machine` };
  if (target.name === `linux-${process.arch}-musl`) {
    const loader = `/lib/ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
    if (existsSync(loader) && process.env["MODELBOX_MUSL_LIBRARY_PATH"]) return { prefix: [] };
    return { missing: `musl 1.2.4 or newer, with its libstdc++ in MODELBOX_MUSL_LIBRARY_PATH` };
  }
  if (target.name === "linux-arm64") {
    const emulator = Bun.which("qemu-aarch64-static") ?? Bun.which("qemu-aarch64");
    const libraries = "/usr/aarch64-linux-gnu";
    if (emulator && existsSync(libraries)) return { prefix: [emulator, "-L", libraries] };
    return { missing: "qemu-user-static and libstdc++6-arm64-cross" };
  }
  return { missing: `a ${target.name} machine` };
}
