/** The machines that ModelBox is built for, and what npm calls the parts that each needs. */
export interface Target {
  /** As in the name of a released file. */
  readonly name: string;
  readonly bun: Bun.Build.CompileTarget;
  /** npm's package with Bun for the target. */
  readonly bunPackage: string;
  /** npm's package with libsql's native part for the target. */
  readonly libsqlPackage: string;
}

/** Every target, by the names of released files; `baseline` runs on processors without AVX2 too. */
export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64-baseline",
    bunPackage: "@oven/bun-linux-x64-baseline",
    libsqlPackage: "@libsql/linux-x64-gnu",
  },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    bunPackage: "@oven/bun-linux-aarch64",
    libsqlPackage: "@libsql/linux-arm64-gnu",
  },
  {
    name: "linux-x64-musl",
    bun: "bun-linux-x64-baseline-musl",
    bunPackage: "@oven/bun-linux-x64-musl-baseline",
    libsqlPackage: "@libsql/linux-x64-musl",
  },
  {
    name: "linux-arm64-musl",
    bun: "bun-linux-arm64-musl",
    bunPackage: "@oven/bun-linux-aarch64-musl",
    libsqlPackage: "@libsql/linux-arm64-musl",
  },
  {
    name: "darwin-x64",
    bun: "bun-darwin-x64-baseline",
    bunPackage: "@oven/bun-darwin-x64-baseline",
    libsqlPackage: "@libsql/darwin-x64",
  },
  {
    name: "darwin-arm64",
    bun: "bun-darwin-arm64",
    bunPackage: "@oven/bun-darwin-aarch64",
    libsqlPackage: "@libsql/darwin-arm64",
  },
  {
    name: "windows-x64",
    bun: "bun-windows-x64-baseline",
    bunPackage: "@oven/bun-windows-x64-baseline",
    libsqlPackage: "@libsql/win32-x64-msvc",
  },
];

/** The target that this process itself runs on. */
export function hostTarget(): Target {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const musl = process.platform === "linux" && !report.header?.glibcVersionRuntime;
  const name = `${process.platform}-${process.arch}${musl ? "-musl" : ""}`;
  const found = targets.find((target) => target.name === name);
  if (!found) throw new Error(`ModelBox is not built for ${name}.`);
  return found;
}
