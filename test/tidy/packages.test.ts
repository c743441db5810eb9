import { expect, test } from "bun:test";
import { z } from "zod";
import { textOf } from "./tracked-files.ts";

const versions = z.record(z.string(), z.string());
const schema = z.object({
  packageManager: z.string(),
  dependencies: versions,
  devDependencies: versions,
});
const packageJson = schema.parse(JSON.parse(textOf("package.json") ?? ""));
const releaseParts = schema
  .pick({ dependencies: true })
  .parse(JSON.parse(textOf("scripts/release-parts/package.json") ?? ""));
const all = { ...packageJson.dependencies, ...packageJson.devDependencies };

test("every dependency is pinned exactly", () => {
  const loose = Object.entries({ ...all, ...releaseParts.dependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

test("Bun's types are those of the pinned Bun", () => {
  expect(packageJson.packageManager).toBe(`bun@${all["@types/bun"]}`);
});

test("a release is made of the versions that the tests ran with", () => {
  for (const [name, version] of Object.entries(releaseParts.dependencies)) {
    const pinned = name.startsWith("@oven/")
      ? packageJson.packageManager.slice("bun@".length)
      : all["libsql"];
    expect(`${name} ${version}`).toBe(`${name} ${pinned}`);
  }
});

test("the lock files name packages, not the places they came from", () => {
  for (const path of ["bun.lock", "scripts/release-parts/bun.lock"])
    expect(textOf(path)).not.toMatch(/https?:\/\//);
});
