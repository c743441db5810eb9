/** Generates the SDK for Python's messages and its table of methods from proto/, with protoc as PyPI has it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWith } from "./python.ts";

const root = join(import.meta.dir, "..");
/** Code of protoc 30 runs with every protobuf from 6.30 to 7, as protobuf's rules for versions have it. */
const PROTOC = ["grpcio-tools==1.72.2", "setuptools==80.9.0"];

/** Writes the folder anew; throws an Error with what protoc says. */
export async function generatePython(folder: string): Promise<void> {
  const environment = pythonWith("protoc", PROTOC);
  if ("missing" in environment) throw new Error(environment.missing);
  const work = mkdtempSync(join(tmpdir(), "modelbox-gen-"));
  try {
    const names = await copyProtos(work);
    mkdirSync(join(work, "out"));
    const child = Bun.spawnSync(
      [
        environment.python,
        "-m",
        "grpc_tools.protoc",
        `--proto_path=${join(work, "proto")}`,
        `--python_out=${join(work, "out")}`,
        `--pyi_out=${join(work, "out")}`,
        `--descriptor_set_out=${join(work, "descriptors.binpb")}`,
        ...names,
      ],
      { stdin: "ignore" },
    );
    if (child.exitCode !== 0) throw new Error(child.stderr.toString().trim());
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(join(work, "out/modelbox/v1"))) {
      const text = readFileSync(join(work, "out/modelbox/v1", name), "utf8");
      // One flat folder of the package, whatever the messages are called on the wire.
      await Bun.write(
        join(folder, name),
        text.replaceAll(/^from modelbox\.v1 import /gm, "from modelbox._gen import "),
      );
    }
    await Bun.write(join(folder, "__init__.py"), '"""Generated from proto/ by `bun run gen`."""\n');
    await Bun.write(join(folder, "methods.py"), methodTable());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The messages of google.rpc get a name of ours: programs that use the real ones, as Google's libraries do, could not
 * load both. Their wire format is the same.
 */
async function copyProtos(work: string): Promise<readonly string[]> {
  const names = readdirSync(join(root, "proto/modelbox/v1")).toSorted();
  for (const name of names)
    await Bun.write(join(work, "proto/modelbox/v1", name), Bun.file(join(root, "proto/modelbox/v1", name)));
  const details = readFileSync(join(root, "proto/google/rpc/error_details.proto"), "utf8");
  const renamed = details.replace("package google.rpc;", "package modelbox.error_details;");
  await Bun.write(join(work, "proto/modelbox/v1/error_details.proto"), renamed);
  return [...names, "error_details.proto"].map((name) => `modelbox/v1/${name}`);
}

/** The table names every method with its types, so that a call is checked where it is written. */
function methodTable(): string {
  const modules: string[] = [];
  const classes: string[] = [];
  for (const name of readdirSync(join(root, "proto/modelbox/v1")).toSorted()) {
    const text = readFileSync(join(root, "proto/modelbox/v1", name), "utf8");
    const service = /^service (\w+) \{$/m.exec(text)?.[1];
    if (service === undefined) continue;
    const module = name.replace(/\.proto$/, "_pb2");
    const methods = [...text.matchAll(/^ {2}rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);$/gm)].map(
      ([, method, request, stream, response]) =>
        [
          `    ${method} = ${stream ? "StreamMethod" : "Method"}(`,
          `        "/modelbox.v1.${service}/${method}",`,
          `        ${module}.${request},`,
          `        ${module}.${response},`,
          "    )",
        ].join("\n"),
    );
    if (methods.length !== text.match(/^ {2}rpc /gm)?.length)
      throw new Error(`${name} has a method that scripts/gen-python.ts can't read.`);
    modules.push(`    ${module},`);
    classes.push(`class ${service}:\n${methods.join("\n")}\n`);
  }
  return [
    '"""Generated from proto/ by `bun run gen`: every method of the API."""',
    "",
    "from modelbox._gen import (",
    ...modules,
    ")",
    "from modelbox.method import Method, StreamMethod",
    "",
    "",
    classes.join("\n\n"),
  ].join("\n");
}
