import { createServer } from "node:net";
import { once } from "node:events";

/** Programs end in this time after SIGTERM, or are ended. */
const stopLimitMs = 20_000;
const pollIntervalMs = 5;
const maxShownOutput = 2_000;

/** What may be set for a program. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Most time it may take; default 10 minutes. */
  readonly limitMs?: number;
}

/** How a program ended that ended well. */
export interface Finished {
  readonly stdout: string;
  readonly durationMs: number;
  /** Processor time of the program, and of the programs that it started and waited for. */
  readonly processorMs: number;
}

/** Runs a program to its end; throws, with what it printed, unless it ends with 0. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const startedAt = performance.now();
  const child = Bun.spawn([...argv], {
    ...placeOf(options),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.limitMs ?? 600_000,
  });
  running.add(child);
  try {
    const exited = child.exited.then((status) => ({ status, durationMs: performance.now() - startedAt }));
    const [stdout, stderr, { status, durationMs }] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      exited,
    ]);
    if (status !== 0) {
      const output = (stderr + stdout).trim().slice(-maxShownOutput);
      throw new Error(`\`${argv.join(" ")}\` ended with ${status}: ${output}`);
    }
    const processorMs = Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1e3;
    return { stdout, durationMs, processorMs };
  } finally {
    running.delete(child);
  }
}

/** A program that runs until it is disposed. */
export interface Service extends AsyncDisposable {
  readonly pid: number;
  /** Resolves, or rejects with the end of its log when it ends on its own. */
  until(what: string, condition: () => Promise<boolean>, limitMs?: number): Promise<void>;
}

/** What may be set for a service. */
export interface ServiceOptions extends Omit<RunOptions, "limitMs"> {
  /** Whether its end is that of all programs that it has started, at once; default false. */
  readonly ownGroup?: boolean;
}

/** Starts a program; what it prints goes to the file `logPath`. */
export function startService(
  argv: readonly string[],
  logPath: string,
  options: ServiceOptions = {},
): Service {
  const log = Bun.file(logPath);
  const child = Bun.spawn([...argv], {
    ...placeOf(options),
    stdin: "ignore",
    stdout: "ignore",
    stderr: log,
    detached: options.ownGroup ?? false,
  });
  running.add(child);
  if (options.ownGroup) groups.add(child);
  return {
    pid: child.pid,
    async until(what, condition, limitMs = 30_000) {
      const tail = async () => (await log.text()).slice(-maxShownOutput);
      await waitUntil(what, limitMs, async () => {
        if (child.exitCode !== null)
          throw new Error(`\`${argv.join(" ")}\` ended with ${child.exitCode}: ${await tail()}`);
        return condition();
      });
    },
    async [Symbol.asyncDispose]() {
      end(child, options.ownGroup ? "SIGKILL" : "SIGTERM");
      const force = setTimeout(() => end(child, "SIGKILL"), stopLimitMs);
      await child.exited;
      clearTimeout(force);
      running.delete(child);
    },
  };
}

/** A program that is the first of a group is ended with all of the group. */
function end(child: Bun.Subprocess, signal: "SIGTERM" | "SIGKILL"): void {
  if (!groups.has(child)) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Nobody is left of it.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function placeOf({ cwd, env }: RunOptions) {
  return { ...(cwd === undefined ? {} : { cwd }), env: { ...process.env, ...env } };
}

/** Every program that was started and runs; whoever starts one adds it. */
export const running = new Set<Bun.Subprocess>();
/** Those that are the first of a group of their own. */
const groups = new WeakSet<Bun.Subprocess>();

/** Ends every program that was started here and still runs; for an end of the bench in the middle. */
export function endRunningPrograms(): void {
  for (const child of running) end(child, "SIGKILL");
}

/** Asks again and again until the answer is yes; a condition that throws ends the waiting. */
export async function waitUntil(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await Bun.sleep(pollIntervalMs);
  }
}

/** Whether a URL answers with a success; false while nobody listens. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** A port of the loopback interface that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
