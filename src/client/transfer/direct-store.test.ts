import { describe, expect, test } from "bun:test";
import { ConnectionError, LocalFileError } from "../errors.ts";
import { createModelBoxClient } from "../model-box-client.ts";
import { failureOf } from "../testing/failure-of.ts";
import { DirectStore } from "./direct-store.ts";

const never = new AbortController().signal;
const { http } = createModelBoxClient({
  serverAddr: "http://127.0.0.1:1",
  token: "secret",
  headers: { "modelbox-actor": "ada" },
});

function listen() {
  const seen: Headers[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      seen.push(request.headers);
      return new Response(null, { status: 403 });
    },
  });
  return { url: server.url.href, seen, [Symbol.asyncDispose]: () => server.stop(true) };
}

async function fail(): Promise<void> {
  throw new ConnectionError("gone", { address: "x", maybeSeen: true });
}

describe("the object store", () => {
  test("is asked once whether it is there, and told nothing about the caller", async () => {
    await using store = listen();
    const direct = new DirectStore(http, true, never);
    for (let times = 0; times < 2; times += 1)
      expect(await direct.use(`${store.url}a?secret`, async () => undefined)).toBe(true);
    expect(store.seen).toHaveLength(1);
    expect(store.seen[0]!.get("authorization")).toBeNull();
    expect(store.seen[0]!.get("modelbox-actor")).toBeNull();
  });

  test("that does not answer is not used, nor one that is not offered", async () => {
    const { url } = await (async () => {
      await using closed = listen();
      return closed;
    })();
    const direct = new DirectStore(http, true, never);
    const work = () => Promise.reject(new Error("must not run"));
    expect(await direct.use(url, work)).toBe(false);
    expect(direct.isOn).toBe(false);
    expect(new DirectStore(http, false, never).isOn).toBe(false);
  });

  test("is left alone after some failures in a row", async () => {
    await using store = listen();
    const direct = new DirectStore(http, true, never);
    for (const works of [false, false, true, false, false]) {
      const done = await direct.use(store.url, works ? async () => undefined : fail);
      expect(done).toBe(works);
    }
    expect(direct.isOn).toBe(true);
    await direct.use(store.url, fail);
    expect(direct.isOn).toBe(false);
  });

  test("is not blamed for what fails here", async () => {
    await using store = listen();
    const direct = new DirectStore(http, true, never);
    const full = new LocalFileError("/x", "the disk is full");
    expect(await failureOf(direct.use(store.url, () => Promise.reject(full)))).toBe(full);
    expect(direct.isOn).toBe(true);
  });
});
