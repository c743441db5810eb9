import { describe, expect, test } from "bun:test";
import { putChunk } from "../blob-requests.ts";
import { ConnectionError, ServerError } from "../errors.ts";
import { createModelBoxClient } from "../model-box-client.ts";
import { failureOf } from "../testing/failure-of.ts";
import { BlobAddresses } from "./blob-addresses.ts";

const never = new AbortController().signal;

/** Answers to the question whether it is ready, with a status that a test can change. */
class Blob implements AsyncDisposable {
  status = 200;
  asked = 0;
  /** Takes questions, and never answers. */
  isSilent = false;
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      this.asked += 1;
      if (this.isSilent) return new Promise<Response>(() => undefined);
      return new Response(null, { status: this.status });
    },
  });

  get url(): string {
    return this.#server.url.origin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

function open(urls: readonly string[]): Promise<BlobAddresses> {
  const { http } = createModelBoxClient({ serverAddr: urls[0] ?? "" });
  return BlobAddresses.open(http, urls, never);
}

/** Addresses of `count` pieces of work, in order. */
async function used(addresses: BlobAddresses, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let index = 0; index < count; index += 1)
    await addresses.use(async (address) => void seen.push(address));
  return seen;
}

function gone(address: string): ConnectionError {
  return new ConnectionError("gone", { address, maybeSeen: true });
}

describe("addresses for files", () => {
  test("take turns; a single one is not asked whether it is there", async () => {
    await using one = new Blob();
    await using other = new Blob();
    expect(await used(await open([one.url]), 2)).toEqual([one.url, one.url]);
    expect(one.asked).toBe(0);
    const seen = await used(await open([one.url, other.url]), 4);
    expect(seen).toEqual([one.url, other.url, one.url, other.url]);
    expect([one.asked, other.asked]).toEqual([1, 1]);
  });

  test("that do not answer, or are about to stop, are left out from the beginning", async () => {
    await using good = new Blob();
    await using draining = new Blob();
    draining.status = 503;
    let absent: string;
    {
      await using closed = new Blob();
      absent = closed.url;
    }
    const addresses = await open([absent, draining.url, good.url]);
    expect(await used(addresses, 3)).toEqual([good.url, good.url, good.url]);
  });

  test("behind a proxy that has no such path are used", async () => {
    await using one = new Blob();
    await using other = new Blob();
    one.status = 404;
    expect(new Set(await used(await open([one.url, other.url]), 2))).toEqual(new Set([one.url, other.url]));
  });

  test("make way for others at once when they fail, and come back once they answer", async () => {
    await using one = new Blob();
    await using other = new Blob();
    const addresses = await open([one.url, other.url]);
    one.status = 503;
    const tried: string[] = [];
    await addresses.use(async (address) => {
      tried.push(address);
      if (address === one.url) throw gone(address);
    });
    expect(tried).toEqual([one.url, other.url]);
    expect(new Set(await used(addresses, 4))).toEqual(new Set([other.url]));
    one.status = 200;
    const deadline = performance.now() + 30_000;
    while (!(await used(addresses, 2)).includes(one.url)) {
      if (performance.now() > deadline) throw new Error("it did not come back");
      await Bun.sleep(10);
    }
  });

  test("that fall silent in the middle of a request end it, and another goes on", async () => {
    await using one = new Blob();
    await using other = new Blob();
    const { http } = createModelBoxClient({ serverAddr: one.url });
    const addresses = await open([one.url, other.url]);
    one.isSilent = true;
    const asked = other.asked;
    await putChunk(http, addresses, { sha256: "a", bytes: new Uint8Array(10), leaseId: "l" }, never);
    expect(other.asked).toBe(asked + 1);
    expect(new Set(await used(addresses, 2))).toEqual(new Set([other.url]));
  }, 60_000);

  test("are all tried before the failure is told, and tried again the next time", async () => {
    await using one = new Blob();
    await using other = new Blob();
    const addresses = await open([one.url, other.url]);
    const tried: string[] = [];
    const fail = async (address: string) => {
      tried.push(address);
      throw gone(address);
    };
    expect(await failureOf(addresses.use(fail))).toBeInstanceOf(ConnectionError);
    expect(tried.toSorted()).toEqual([one.url, other.url].toSorted());
    expect(await used(addresses, 1)).toHaveLength(1);
  });

  test("are not blamed for what no other would do either", async () => {
    await using one = new Blob();
    await using other = new Blob();
    const addresses = await open([one.url, other.url]);
    for (const refusal of [
      new ServerError("failed_precondition", "ended", { reason: "LEASE_ENDED" }),
      new ServerError("unavailable", "no room", { reason: "NO_ROOM" }),
    ]) {
      let tries = 0;
      const refuse = async () => {
        tries += 1;
        throw refusal;
      };
      expect(await failureOf(addresses.use(refuse))).toBe(refusal);
      expect(tries).toBe(1);
    }
    expect(new Set(await used(addresses, 2)).size).toBe(2);
  });
});
