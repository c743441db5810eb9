import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { oxlintCommand, oxlintEnvironment } from "../scripts/oxlint.ts";

/** An import that the layers forbid, or `allowed` one that they need. */
interface Plant {
  readonly file: string;
  readonly imports: string;
  readonly allowed?: true;
}

const plants: readonly Plant[] = [
  { file: "src/domain/a.ts", imports: "../service/x.ts" },
  { file: "src/domain/b.ts", imports: "../gen/modelbox/v1/common_pb.ts" },
  { file: "src/domain/c.ts", imports: "@connectrpc/connect" },
  { file: "src/domain/d.ts", imports: "./names.ts", allowed: true },
  { file: "src/service/a.ts", imports: "../metadata/x.ts" },
  { file: "src/service/deep/b.ts", imports: "../../blob/x.ts" },
  { file: "src/service/c.ts", imports: "../gen/modelbox/v1/common_pb.ts" },
  { file: "src/service/d.ts", imports: "drizzle-orm" },
  { file: "src/service/e.ts", imports: "node:http2" },
  { file: "src/service/f.ts", imports: "../domain/names.ts", allowed: true },
  { file: "src/service/g.ts", imports: "../blob/chunking/x.ts", allowed: true },
  { file: "src/hashing/a.ts", imports: "../service/x.ts" },
  { file: "src/hashing/b.ts", imports: "../version.ts", allowed: true },
  { file: "src/metadata/a.ts", imports: "../blob/x.ts" },
  { file: "src/metadata/repositories/b.ts", imports: "../../server/x.ts" },
  { file: "src/metadata/c.ts", imports: "../embed/migrations.ts", allowed: true },
  { file: "src/blob/a.ts", imports: "../metadata/x.ts" },
  { file: "src/blob/filesystem/b.ts", imports: "../../service/x.ts" },
  { file: "src/blob/c.ts", imports: "../domain/names.ts", allowed: true },
  { file: "src/config/a.ts", imports: "../server/x.ts" },
  { file: "src/observability/a.ts", imports: "../service/x.ts" },
  { file: "src/client/a.ts", imports: "../service/x.ts" },
  { file: "src/client/b.ts", imports: "../blob/filesystem/x.ts" },
  { file: "src/client/c.ts", imports: "../config/x.ts" },
  { file: "src/client/d.ts", imports: "../blob/chunking/x.ts", allowed: true },
  { file: "src/client/e.ts", imports: "../gen/modelbox/v1/common_pb.ts", allowed: true },
  { file: "src/server/rpc/a.ts", imports: "../../metadata/x.ts" },
  { file: "src/server/http/b.ts", imports: "../../blob/x.ts" },
  { file: "src/server/c.ts", imports: "../cli/x.ts" },
  { file: "src/server/listeners.ts", imports: "../config/x.ts" },
  { file: "src/server/context.ts", imports: "../metadata/x.ts", allowed: true },
  { file: "src/server/rpc/d.ts", imports: "../../service/x.ts", allowed: true },
  { file: "src/cli/commands/a.ts", imports: "../../service/x.ts" },
  { file: "src/cli/b.ts", imports: "../metadata/x.ts" },
  { file: "src/cli/c.ts", imports: "../client/x.ts", allowed: true },
];

const root = join(import.meta.dir, "..");
let folder: string;
let complaints: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "modelbox-layers-"));
  copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  for (const { file, imports } of plants) plant(file, `import "${imports}";\n`);
  plant("src/cycle/a.ts", `import { b } from "./b.ts";\nexport const a = () => b;\n`);
  plant("src/cycle/b.ts", `import { a } from "./a.ts";\nexport const b = () => a;\n`);
  plant("src/floating.ts", `async function work() {}\nwork();\n`);
  plant(
    "tsconfig.json",
    `{ "compilerOptions": { "strict": true, "target": "ESNext" }, "include": ["src"] }\n`,
  );
  complaints = await lint();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** Runs the linter with the repository's rules; one line `file: rule` for each complaint. */
async function lint(): Promise<string[]> {
  const child = Bun.spawn([...oxlintCommand, "--format", "json"], {
    cwd: folder,
    env: { ...process.env, ...oxlintEnvironment },
    stdout: "pipe",
    stderr: "inherit",
  });
  const report = z
    .object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) })
    .parse(JSON.parse(await new Response(child.stdout).text()));
  return report.diagnostics.map(({ code, filename }) => `${filename}: ${code}`);
}

describe("the linter keeps the layers apart", () => {
  for (const { file, imports, allowed } of plants) {
    test(`${file} ${allowed ? "may" : "must not"} import ${imports}`, () => {
      const hit = complaints.some(
        (line) => line.startsWith(`${file}: `) && line.includes("no-restricted-imports"),
      );
      expect(hit).toBe(!allowed);
    });
  }

  test("an import cycle is found", () => {
    expect(complaints.filter((line) => line.includes("no-cycle")).length).toBeGreaterThan(0);
  });

  test("a promise that nobody waits for is found", () => {
    expect(complaints.filter((line) => line.includes("no-floating-promises"))).toHaveLength(1);
  });
});
