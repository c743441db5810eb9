import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** A program that runs until it is told to end. */
export interface ServerProcess {
  readonly exited: boolean;
  readonly status: Promise<number>;
  end(signal: NodeJS.Signals): Promise<void>;
}

const endLimitMs = 60_000;

/**
 * Runs a program with its output in a file. As root it becomes "nobody", since database servers refuse to be root. It
 * ends with this process, however that ends.
 */
export function runServer(command: readonly string[], logPath: string): ServerProcess {
  const log = openSync(logPath, "a", 0o666);
  try {
    const child = Bun.spawn([...asNobody(), ...command], {
      cwd: dirname(logPath),
      stdin: "ignore",
      stdout: log,
      stderr: log,
      env: { PATH: process.env["PATH"] ?? "", HOME: dirname(logPath), LC_ALL: "C", TZ: "UTC" },
    });
    process.on("exit", () => child.kill("SIGKILL"));
    return {
      get exited() {
        return child.exitCode !== null || child.signalCode !== null;
      },
      status: child.exited,
      async end(signal) {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill(signal);
        const timer = setTimeout(() => child.kill("SIGKILL"), endLimitMs);
        await child.exited;
        clearTimeout(timer);
      },
    };
  } finally {
    closeSync(log);
  }
}

function asNobody(): readonly string[] {
  if (Bun.which("setpriv") === null) return [];
  const identity = process.getuid?.() === 0 ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
  return ["setpriv", "--pdeathsig=KILL", ...identity];
}
