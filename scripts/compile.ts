/** Compiles src/main.ts into one executable, for this machine or for another. */
import { join } from "node:path";
import type { BunPlugin } from "bun";

export const root = join(import.meta.dir, "..");

export interface CompileOptions {
  /** Where the executable goes. */
  readonly outfile: string;
  /** Bun's name of another machine, such as `bun-linux-arm64-musl`; by default this one. */
  readonly target?: Bun.Build.CompileTarget;
  /** libsql's native package for that target, such as `@libsql/linux-arm64-musl`. */
  readonly libsqlPackage: string;
  /** The folder in which that package lies, when it is not installed here. */
  readonly libsqlFolder?: string;
  /** Bun for the target; by default the running one. */
  readonly executablePath?: string;
}

/** Writes the executable; throws with the bundler's messages when it can't. */
export async function compile(options: CompileOptions): Promise<void> {
  const packageJson: { version: string } = await Bun.file(join(root, "package.json")).json();
  const result = await Bun.build({
    // A thread is a program of its own, which the bundler finds only when it is named.
    entrypoints: [
      join(root, "src/main.ts"),
      join(root, "src/hashing/digest-worker.ts"),
      join(root, "src/blob/encoding/codec-worker.ts"),
    ],
    root,
    compile: {
      ...(options.target ? { target: options.target } : {}),
      outfile: options.outfile,
      // What lies in the folder that a user happens to stand in must not change the program.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      ...(options.executablePath ? { executablePath: options.executablePath } : {}),
    },
    target: "bun",
    format: "cjs",
    bytecode: true,
    // Names stay, so that a stack trace in a bug report can be read.
    minify: { whitespace: true, syntax: true, identifiers: false },
    define: {
      MODELBOX_VERSION: JSON.stringify(packageJson.version),
      MODELBOX_COMMIT: JSON.stringify(commitOfCheckout()),
      "process.env.NODE_ENV": '"production"',
    },
    plugins: [libsqlPlugin(options.libsqlPackage, options.libsqlFolder)],
    throw: false,
  });
  if (!result.success) throw new AggregateError(result.logs, result.logs.map(String).join("\n"));
}

/**
 * libsql computes the name of its native package when it runs, which a bundler can't follow.
 * With a literal name the native part of the target travels inside the executable, and Bun
 * unpacks it to the temporary folder when it is loaded; where that fails, the user learns why.
 */
function libsqlPlugin(packageName: string, folder?: string): BunPlugin {
  return {
    name: "libsql-native",
    setup(build) {
      build.onLoad({ filter: /[\\/]node_modules[\\/]libsql[\\/](index|promise)\.js$/ }, async ({ path }) => {
        const source = await Bun.file(path).text();
        const computed = /function requireNative\(\) \{[\s\S]*?\n\}/;
        const imports = /^const \{ (load, currentTarget|familySync, GLIBC, MUSL) \} = require.*$/gm;
        if (!computed.test(source) || source.match(imports)?.length !== 2) {
          throw new Error(`${path} no longer has the code that is replaced.`);
        }
        const specifier = JSON.stringify(folder ? join(folder, "index.node") : packageName);
        const literal = `function requireNative() {
          try { return require(${specifier}); } catch (cause) {
            throw new Error("SQLite could not be unpacked to the temporary folder " + require("node:os").tmpdir() +
              " and loaded; set TMPDIR (on Windows TEMP) to a folder where files may be written and run.", { cause });
          }
        }`;
        return { loader: "js", contents: source.replaceAll(imports, "").replace(computed, () => literal) };
      });
    },
  };
}

/** The commit, marked when the working tree differs from it; a source archive has none. */
function commitOfCheckout(): string {
  if (!Bun.which("git")) return "no commit";
  const git = (...args: string[]) => Bun.spawnSync(["git", ...args], { cwd: root, stderr: "ignore" });
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head.exitCode !== 0) return "no commit";
  const changed = git("status", "--porcelain", "--untracked-files=normal").stdout.length > 0;
  return head.stdout.toString().trim() + (changed ? "+changes" : "");
}
