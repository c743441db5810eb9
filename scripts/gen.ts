/**
 * Generates what is committed though a program writes it: src/gen and the SDK's messages from proto/, a migration when
 * the tables have changed (`--migration <name>` names it), and src/embed/migrations.ts from drizzle/. With `--out`, into another
 * folder, where scripts/checks.ts compares it.
 */
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { migrationsModule } from "./embed.ts";
import { generatePython } from "./gen-python.ts";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({
  options: { out: { type: "string", default: root }, migration: { type: "string", default: "change" } },
});

generateFromProto();
await generatePython(join(values.out, "sdk/python/src/modelbox/_gen"));
if (values.out !== root) cpSync(join(root, "drizzle"), join(values.out, "drizzle"), { recursive: true });
for (const dialect of readdirSync(join(values.out, "drizzle"))) generateMigration(dialect);
mkdirSync(join(values.out, "src/embed"), { recursive: true });
await Bun.write(join(values.out, "src/embed/migrations.ts"), await migrationsModule(values.out));

function generateFromProto(): void {
  // buf starts the plugin as `bun`: let it find this very one.
  const path = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  const { exitCode, output } = run(["@bufbuild/buf/bin/buf", "generate", "--output", values.out], {
    PATH: path,
  });
  if (exitCode !== 0) fail(output);
}

function generateMigration(dialect: string): void {
  const { output } = run(["drizzle-kit/bin.cjs", "generate", "--name", values.migration], {
    MODELBOX_DIALECT: dialect,
    // drizzle-kit reads its own folder wrongly when the path is absolute.
    MODELBOX_DRIZZLE_OUT: relative(root, join(values.out, "drizzle")),
  });
  // It ends with status 0 after an error, too.
  if (!/No schema changes|Your SQL migration file/.test(output)) fail(output);
}

/** Runs a program of node_modules with this very Bun, so that no Node.js is needed. */
function run([program = "", ...args]: string[], env: Record<string, string>) {
  const command = [process.execPath, join(root, "node_modules", program), ...args];
  const child = Bun.spawnSync(command, { cwd: root, env: { ...process.env, ...env }, stdin: "ignore" });
  return { exitCode: child.exitCode, output: child.stdout.toString() + child.stderr.toString() };
}

function fail(output: string): never {
  console.error(output.trim());
  process.exit(1);
}
