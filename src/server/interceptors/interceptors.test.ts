import { describe, expect, test } from "bun:test";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type Interceptor,
  type ServiceImpl,
} from "@connectrpc/connect";
import { DomainError, invalid } from "../../domain/errors.ts";
import { ChangeService } from "../../gen/modelbox/v1/change_service_pb.ts";
import type { Authenticate } from "./authenticate.ts";
import { deadlineInterceptor } from "./deadline.ts";
import { drainInterceptor } from "./drain.ts";
import { errorInterceptor } from "./errors.ts";

function clientOf(
  implementation: Partial<ServiceImpl<typeof ChangeService>>,
  ...interceptors: Interceptor[]
) {
  const transport = createRouterTransport(({ service }) => void service(ChangeService, implementation), {
    router: { interceptors: [errorInterceptor, ...interceptors] },
  });
  return createClient(ChangeService, transport);
}

async function errorOf(work: Promise<unknown>): Promise<ConnectError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof ConnectError) return outcome;
  throw new Error("The call did not fail as a call does.");
}

async function drainStream(messages: AsyncIterable<unknown>, onMessage: () => void = () => undefined) {
  for await (const _ of messages) onMessage();
}

describe("errors", () => {
  test("of the domain keep their message", async () => {
    const client = clientOf({
      listChanges() {
        throw invalid("namespace", "must not be empty");
      },
    });
    const error = await errorOf(client.listChanges({}));
    expect(error).toMatchObject({ code: Code.InvalidArgument, rawMessage: "namespace: must not be empty" });
  });

  test("of any other kind tell nothing, in the middle of a stream too", async () => {
    const client = clientOf({
      listChanges() {
        throw new Error("password is hunter2");
      },
      async *watchChanges() {
        yield {};
        throw new Error("password is hunter2");
      },
    });
    for (const error of [
      await errorOf(client.listChanges({})),
      await errorOf(drainStream(client.watchChanges({}))),
    ]) {
      expect(error.code).toBe(Code.Internal);
      expect(error.message).not.toContain("hunter2");
    }
  });
});

describe("a deadline", () => {
  const never = () => new Promise<never>(() => undefined);

  test("of the server ends a call whose work does not end", async () => {
    let signal: AbortSignal | undefined;
    const client = clientOf(
      {
        listChanges(_, context) {
          ({ signal } = context);
          return never();
        },
      },
      deadlineInterceptor(5),
    );
    expect((await errorOf(client.listChanges({}))).code).toBe(Code.DeadlineExceeded);
    expect(signal?.aborted).toBe(true);
  });

  test("of the client does too, and an answer in time is an answer", async () => {
    const client = clientOf({ listChanges: never }, deadlineInterceptor(60_000));
    expect((await errorOf(client.listChanges({}, { timeoutMs: 5 }))).code).toBe(Code.DeadlineExceeded);
    const quick = clientOf({ listChanges: () => ({ lastSequence: 7n }) }, deadlineInterceptor(60_000));
    expect((await quick.listChanges({})).lastSequence).toBe(7n);
  });
});

describe("a drain", () => {
  const reason = invalid("drain", "stands for any reason");

  test("ends an open stream with its reason, even one whose source waits for ever", async () => {
    const draining = new AbortController();
    const client = clientOf(
      {
        async *watchChanges() {
          yield {};
          await new Promise(() => undefined);
        },
      },
      drainInterceptor(draining.signal),
    );
    const error = await errorOf(drainStream(client.watchChanges({}), () => draining.abort(reason)));
    expect(error.rawMessage).toContain("stands for any reason");
  });

  test("tells the source, and an end that it makes by itself is not taken for the end of the data", async () => {
    const draining = new AbortController();
    const client = clientOf(
      {
        async *watchChanges(_, { signal }) {
          yield {};
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        },
      },
      drainInterceptor(draining.signal),
    );
    const error = await errorOf(drainStream(client.watchChanges({}), () => draining.abort(reason)));
    expect(error.rawMessage).toContain("stands for any reason");
  });

  test("ends an open stream whose caller may not call any more, and only then", async () => {
    const outcomes = [
      () => ({ actor: "ci", readable: "all", writable: "all" }) as const,
      () => Promise.reject(new DomainError("unavailable", "DATABASE_BUSY", "Try again.")),
      () => Promise.reject(new DomainError("unauthenticated", "TOKEN_INVALID", "No more.")),
    ];
    let looks = 0;
    const seen: (string | null)[] = [];
    const authenticate: Authenticate = (headers) => {
      seen.push(headers.get("Authorization"));
      looks += 1;
      return outcomes[looks - 1]?.() ?? Promise.reject(new Error("looked again after the end"));
    };
    let ended: boolean | undefined;
    const client = clientOf(
      {
        async *watchChanges(_, { signal }) {
          yield {};
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
          ended = signal.aborted;
        },
      },
      drainInterceptor(new AbortController().signal, { intervalMs: 2, authenticate }),
    );
    const headers = { Authorization: "Bearer mine" };
    const error = await errorOf(drainStream(client.watchChanges({}, { headers })));
    expect({ code: error.code, ended }).toEqual({ code: Code.Unauthenticated, ended: true });
    expect(seen).toEqual(["Bearer mine", "Bearer mine", "Bearer mine"]);
  });

  test("lets unary calls end, and streams without a drain end as they like", async () => {
    const draining = new AbortController();
    const client = clientOf(
      {
        listChanges() {
          draining.abort(reason);
          return { lastSequence: 1n };
        },
        async *watchChanges() {
          yield {};
          yield {};
        },
      },
      drainInterceptor(draining.signal),
    );
    let messages = 0;
    await drainStream(client.watchChanges({}), () => (messages += 1));
    expect(messages).toBe(2);
    expect((await client.listChanges({})).lastSequence).toBe(1n);
  });
});
