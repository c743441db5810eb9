import { expect, test } from "bun:test";
import { join } from "node:path";
import { root } from "./tidy/tracked-files.ts";

const long = process.env["MODELBOX_LONG_TESTS"] === "1";

// Fetches Bun for every target the first time.
test.skipIf(!long)(
  "a release is built for every target, with digests, and runs where it can",
  async () => {
    const release = Bun.spawn([join(root, "scripts/release")], { stdout: "pipe", stderr: "inherit" });
    const table = await new Response(release.stdout).text();
    expect(await release.exited).toBe(0);
    for (const system of ["linux", "darwin"]) {
      for (const processor of ["x64", "arm64"]) expect(table).toContain(`modelbox-${system}-${processor}`);
    }
    expect(table).toContain("modelbox-windows-x64.exe");
    expect(table).toContain("yes: version, server ready, clean end");

    const names = (
      await Array.fromAsync(new Bun.Glob("*.sha256").scan(join(root, "dist/release")))
    ).toSorted();
    expect(names).toHaveLength(7);
    const check = Bun.spawnSync(["sha256sum", "--check", "--status", ...names], {
      cwd: join(root, "dist/release"),
    });
    expect(check.exitCode).toBe(0);
  },
  600_000,
);
