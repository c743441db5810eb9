import { join } from "node:path";
import { processorMsOf } from "./processor-time.ts";
import { running } from "./processes.ts";

/** What every program of a bench that is written in Python may import. */
const modules = join(import.meta.dir, "../python");
const maxShownOutput = 2_000;
const defaultLimitMs = 300_000;
/** Programs end in this time after the end of their input, or are ended. */
const stopLimitMs = 20_000;

/** A program in Python that carries out orders one after the other, so that what it has imported and opened is warm. */
export interface PythonChild extends AsyncDisposable {
  /** Sends an order, whose name and arguments these are, and waits for what its function returns. */
  ask<Answer>(name: string, values?: object, limitMs?: number): Promise<Answer>;
  /** Processor time that it has taken so far, in steps of 10 ms. */
  processorMs(): number;
}

/** Starts a program that serves orders (bench/python/orders.py); what it prints otherwise goes to the file `logPath`. */
export function startPython(
  python: string,
  program: readonly string[],
  logPath: string,
  env: Readonly<Record<string, string>> = {},
): PythonChild {
  const log = Bun.file(logPath);
  const child = Bun.spawn([python, ...program], {
    env: { ...process.env, ...pythonEnvironment, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: log,
  });
  running.add(child);
  const answers = lines(child.stdout);
  return {
    async ask<Answer>(name: string, values: object = {}, limitMs = defaultLimitMs) {
      void child.stdin.write(`${JSON.stringify({ do: name, ...values })}\n`);
      await child.stdin.flush();
      const force = setTimeout(() => child.kill("SIGKILL"), limitMs);
      const { value, done } = await answers.next();
      clearTimeout(force);
      if (done)
        throw new Error(
          `${program.join(" ")} ended at "${name}", or took longer than ${limitMs} ms: ${(await log.text()).slice(-maxShownOutput)}`,
        );
      const { result, error } = JSON.parse(value) as { result: Answer; error?: string };
      if (error !== undefined) throw new Error(`${program.join(" ")} failed at "${name}": ${error}`);
      return result;
    },
    processorMs: () => processorMsOf(child.pid),
    async [Symbol.asyncDispose]() {
      await child.stdin.end();
      const force = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      await child.exited;
      clearTimeout(force);
      running.delete(child);
    },
  };
}

/** For programs of a bench: its modules, and no files beside the sources. */
export const pythonEnvironment: Readonly<Record<string, string>> = {
  PYTHONPATH: modules,
  PYTHONDONTWRITEBYTECODE: "1",
};

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const found = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = found.pop() ?? "";
    yield* found;
  }
}
