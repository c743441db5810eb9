import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";

const requirements = ["grpcio==1.85.1", "protobuf==7.36.2"];

/** A Python with grpcio, installed once into .tools/; or why there is none. */
export function pythonWithGrpc(): { readonly python: string } | { readonly missing: string } {
  const key = new Bun.CryptoHasher("sha256").update(requirements.join()).digest("hex").slice(0, 12);
  const folder = join(root, `.tools/python-grpc-${key}`);
  const python = join(folder, "bin/python");
  if (existsSync(join(folder, "complete"))) return { python };
  const part = `${folder}.${process.pid}`;
  const steps = [
    ["python3", "-m", "venv", part],
    [
      join(part, "bin/python"),
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      ...requirements,
    ],
    ["touch", join(part, "complete")],
  ];
  for (const step of steps) {
    const problem = failureOf(step);
    if (problem === undefined) continue;
    rmSync(part, { recursive: true, force: true });
    return { missing: `\`${step.join(" ")}\` failed: ${problem}` };
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
  return { python };
}

function failureOf(command: readonly string[]): string | undefined {
  if (Bun.which(command[0] ?? "") === null) return "there is no such program";
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  return exitCode === 0 ? undefined : stderr.toString().trim().split("\n").at(-1);
}
