import { running } from "./processes.ts";

/** A program that says "ready", waits for a line, and then prints one line with what it measured. */
export interface RunningLoad {
  ready(): Promise<void>;
  measure(): Promise<string>;
  /** Ends it; once it has ended on its own that does nothing. */
  end(): void;
}

/** Starts such a program; a failure shows what it printed. */
export function startLoad(argv: readonly string[]): RunningLoad {
  const child = Bun.spawn([...argv], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  running.add(child);
  const lines = linesOf(child.stdout);
  const complaint = new Response(child.stderr).text();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (!done) return value;
    throw new Error(`${argv[0]} ${argv[1]} ended with ${await child.exited}: ${await complaint}`);
  };
  return {
    async ready() {
      const line = await nextLine();
      if (line !== "ready") throw new Error(`${argv[1]} printed ${line}`);
    },
    async measure() {
      await child.stdin.write("go\n");
      await child.stdin.flush();
      return await nextLine();
    },
    end() {
      child.kill("SIGKILL");
      running.delete(child);
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}
