import { describe, expect, test } from "bun:test";
import { createRouterTransport, createClient } from "@connectrpc/connect";
import { ArtifactService, type ChunkSpec } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { createModelBoxClient, type ModelBoxClient } from "../model-box-client.ts";
import { DirectStore } from "../transfer/direct-store.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { DirectUploads } from "./direct-uploads.ts";
import { MissingChunks } from "./missing-chunks.ts";

const SIZE_BYTES = 300_000;
const never = new AbortController().signal;

/** A store whose addresses expire at once, until they have been asked for often enough; and its server. */
class Stores implements AsyncDisposable {
  readonly put: string[] = [];
  readonly accepted: (readonly ChunkSpec[])[] = [];
  /** Digests that the server does not find. */
  readonly lost = new Set<string>();
  asked = 0;
  goodFrom = 1;
  readonly #store = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (request.method !== "PUT") return new Response(null, { status: 404 });
      if (Number(searchParams.get("asked")) < this.goodFrom) return new Response(null, { status: 403 });
      expect(request.headers.get("x-amz-checksum-sha256")).toBe("sum");
      expect((await request.bytes()).length).toBe(SIZE_BYTES);
      this.put.push(pathname.slice(1));
      return new Response(null);
    },
  });

  open(): { readonly direct: DirectUploads; readonly missing: MissingChunks } {
    const transport = createRouterTransport(({ service }) => {
      service(ArtifactService, {
        findMissingChunks: ({ chunks, direct }) => {
          expect(direct).toBe(true);
          this.asked += 1;
          const headers = { "x-amz-checksum-sha256": "sum" };
          const urlOf = (sha256: string) => `${this.#store.url.href}${sha256}?asked=${this.asked}`;
          const missing = chunks.map(({ sha256 }) => sha256);
          return { missing, uploads: missing.map((sha256) => ({ sha256, url: urlOf(sha256), headers })) };
        },
        acceptChunks: ({ chunks }) => {
          this.accepted.push(chunks);
          return { missing: chunks.map(({ sha256 }) => sha256).filter((one) => this.lost.has(one)) };
        },
      });
    });
    const real = createModelBoxClient({ serverAddr: "http://127.0.0.1:1" });
    const client: ModelBoxClient = { ...real, artifacts: createClient(ArtifactService, transport) };
    const store = new DirectStore(client.http, true, never);
    const missing = new MissingChunks(client.artifacts, {
      leaseId: "lease",
      maxPerCall: 100,
      signal: never,
      isDirect: () => store.isOn,
    });
    return {
      missing,
      direct: new DirectUploads({ client, store, missing, leaseId: "lease", signal: never }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.stop(true);
  }
}

describe("a chunk that goes to the object store", () => {
  test("is put there, and taken in by the server", async () => {
    await using stores = new Stores();
    const { direct, missing } = stores.open();
    await missing.isMissing("a", SIZE_BYTES);
    expect(await direct.send("a", randomBytes(SIZE_BYTES))).toBe(true);
    expect(stores.put).toEqual(["a"]);
    expect(stores.accepted.flat()).toMatchObject([{ sha256: "a", sizeBytes: BigInt(SIZE_BYTES) }]);
  });

  test("gets another address when its own has expired, once", async () => {
    await using stores = new Stores();
    stores.goodFrom = 2;
    const { direct, missing } = stores.open();
    await missing.isMissing("a", SIZE_BYTES);
    expect(await direct.send("a", randomBytes(SIZE_BYTES))).toBe(true);
    expect(stores.asked).toBe(2);
    stores.goodFrom = 100;
    await missing.isMissing("b", SIZE_BYTES);
    expect(await direct.send("b", randomBytes(SIZE_BYTES))).toBe(false);
    expect(stores.put).toEqual(["a"]);
  });

  test("goes through the server when that does not find it, and when it is small", async () => {
    await using stores = new Stores();
    const { direct, missing } = stores.open();
    stores.lost.add("a");
    await missing.isMissing("a", SIZE_BYTES);
    expect(await direct.send("a", randomBytes(SIZE_BYTES))).toBe(false);
    expect(await direct.send("b", randomBytes(1000))).toBe(false);
    expect(stores.put).toEqual(["a"]);
  });

  test("is taken in together with others that were put meanwhile", async () => {
    await using stores = new Stores();
    const { direct, missing } = stores.open();
    const names = Array.from({ length: 20 }, (_, index) => `chunk-${index}`);
    await Promise.all(names.map((name) => missing.isMissing(name, SIZE_BYTES)));
    const sent = await Promise.all(names.map((name) => direct.send(name, randomBytes(SIZE_BYTES))));
    expect(sent).toEqual(names.map(() => true));
    expect(
      stores.accepted
        .flat()
        .map(({ sha256 }) => sha256)
        .toSorted(),
    ).toEqual(names.toSorted());
  });
});
