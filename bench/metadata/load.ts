/** What a load program does; it is the only argument of the program, as JSON. */
export interface LoadOrder {
  readonly operation: Operation;
  /** Address of the server, or path of the database. */
  readonly target: string;
  /** How many calls are in flight at once. */
  readonly callers: number;
  readonly durationMs: number;
  /** Makes the names of this program differ from those of all others. */
  readonly prefix: string;
  /** Ids of experiments, for gets. */
  readonly ids: readonly string[];
}

export type Operation = "create" | "create with request_id" | "get";

/** What a load program measured; it prints this as JSON. */
export interface LoadResult {
  readonly callsPerSecond: number;
  /** Of every call. */
  readonly latenciesMs: readonly number[];
  /** Processor time that the program took meanwhile. */
  readonly processorMs: number;
}

/** One call; `number` is different for every one. Rejects when it fails. */
export type Call = (number: number) => Promise<void>;

/** Namespace that the calls work in. */
export const namespace = "bench";

const warmUpMs = 500;

/** Prints "ready" when warm, waits for a line, measures, prints the result. */
export async function runLoadProgram(connect: (order: LoadOrder) => Promise<Call>): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? "") as LoadOrder;
  const call = await connect(order);
  const first = await runCalls(call, order.callers, Math.min(warmUpMs, order.durationMs), 0);
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const startedAt = performance.now();
  const processorBefore = process.cpuUsage();
  const latenciesMs = await runCalls(call, order.callers, order.durationMs, first.length + order.callers);
  const seconds = (performance.now() - startedAt) / 1e3;
  const { user, system } = process.cpuUsage(processorBefore);
  const processorMs = (user + system) / 1e3;
  const result: LoadResult = { callsPerSecond: latenciesMs.length / seconds, latenciesMs, processorMs };
  // Ends the process even while a connection is kept alive.
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

async function runCalls(call: Call, callers: number, durationMs: number, first: number): Promise<number[]> {
  const endsAt = performance.now() + durationMs;
  const latencies: number[] = [];
  let next = first;
  const caller = async () => {
    while (performance.now() < endsAt) {
      const startedAt = performance.now();
      await call(next++);
      latencies.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return latencies;
}

/** The experiment that call `number` creates: what a training job would send. */
export function experimentOf(order: LoadOrder, number: number) {
  return {
    namespace,
    name: `${order.prefix}-${number}`,
    owner: "your@email.com",
    framework: "pytorch",
    description: "Fine-tuning of a speech model on a hundred hours of read speech.",
    ...(order.operation === "create with request_id" ? { requestId: `${order.prefix}-${number}` } : {}),
  };
}

/** The id that get `number` asks for. */
export function idOf(order: LoadOrder, number: number): string {
  const id = order.ids[(number * 7919) % order.ids.length];
  if (id === undefined) throw new Error("a get needs ids");
  return id;
}
