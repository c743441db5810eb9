import { join } from "node:path";
import { executable, startServer, temporaryFolder, type Run } from "../support/server.ts";
import { createWorld, type World } from "./world.ts";

/** What a call can have besides its arguments. */
export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A server with a world on it, and the command line that calls it. */
export interface CommandLine extends AsyncDisposable {
  readonly executable: string;
  readonly serverAddr: string;
  /** An empty folder but for the world's files; commands run in it. */
  readonly folder: string;
  readonly world: World;
  /** Runs `modelbox`; arguments are cut at spaces, unless they come as a list. */
  run(args: string | readonly string[], options?: RunOptions): Promise<Run>;
  /** As `run`; throws unless it succeeded. Returns standard output. */
  ok(args: string | readonly string[], options?: RunOptions): Promise<string>;
}

/** Starts a server in a folder of its own. */
export async function startCommandLine(): Promise<CommandLine> {
  const temporary = temporaryFolder();
  const folder = temporary.path;
  const server = await startServer(join(folder, "server"));
  const run: CommandLine["run"] = async (args, { stdin, env } = {}) => {
    const child = Bun.spawn([executable, ...(typeof args === "string" ? args.split(" ") : args)], {
      cwd: folder,
      env: { HOME: folder, MODELBOX_SERVER_ADDR: server.httpAddr, ...env },
      stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { stdout, stderr, exitCode };
  };
  return {
    executable,
    serverAddr: server.httpAddr,
    folder,
    world: createWorld(server.httpAddr, folder),
    run,
    async ok(args, options) {
      const { stdout, stderr, exitCode } = await run(args, options);
      if (exitCode !== 0) throw new Error(`modelbox ${String(args)} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      temporary[Symbol.dispose]();
    },
  };
}
