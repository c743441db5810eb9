import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";

/** A Python with packages, or why there is none. */
export type PythonWith = { readonly python: string } | { readonly missing: string };

/** Talks native gRPC. */
export function pythonWithGrpc(): PythonWith {
  return pythonWith("grpc", ["grpcio==1.85.1", "protobuf==7.36.2"]);
}

/** Knows what Kubernetes takes: it carries the schemas of every version. */
export function pythonWithKubernetesSchemas(): PythonWith {
  return pythonWith("kubernetes", ["kubernetes-validate==1.37.0"]);
}

/** With the libraries that write files of models. */
export function pythonWithFormats(): PythonWith {
  return pythonWith("formats", ["gguf==0.19.0", "numpy==2.4.6", "onnx==1.23.2", "safetensors==0.8.0"]);
}

/** Installed once into .tools/. */
function pythonWith(name: string, requirements: readonly string[]): PythonWith {
  const key = new Bun.CryptoHasher("sha256").update(requirements.join()).digest("hex").slice(0, 12);
  const folder = join(root, `.tools/python-${name}-${key}`);
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
