import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ListModelVersionsRequestSchema,
  ListModelVersionsResponseSchema,
  type ListModelVersionsResponse,
} from "../../src/gen/modelbox/v1/model_version_service_pb.ts";
import type { ModelBoxServer } from "../harness/model-box-server.ts";
import type { VersionQuery } from "./queries.ts";

const pageSize = 50;
const largestPage = 1_000;
const warmUpCalls = 3;

/** What the server answered last, and what that took. */
interface Listed {
  readonly durationMs: number;
  readonly incomplete: boolean;
}

/** Makes the calls of one query to one server. */
export class Lister {
  readonly #server: ModelBoxServer;
  readonly #query: VersionQuery;
  readonly #pageToken: string;

  private constructor(server: ModelBoxServer, query: VersionQuery, pageToken: string) {
    this.#server = server;
    this.#query = query;
    this.#pageToken = pageToken;
  }

  /** Passes the pages before the one that is measured, and warms up. */
  static async at(server: ModelBoxServer, query: VersionQuery): Promise<Lister> {
    let pageToken = "";
    for (let page = 0; page < query.pagesBefore; page += 1) {
      const { nextPageToken } = await listVersions(server, query, largestPage, pageToken);
      if (nextPageToken === "") break;
      pageToken = nextPageToken;
    }
    const lister = new Lister(server, query, pageToken);
    for (let call = 0; call < warmUpCalls; call += 1) await lister.list();
    return lister;
  }

  /** One call; throws when it fails or finds nothing where there must be something. */
  async list(): Promise<Listed> {
    const startedAt = performance.now();
    const response = await listVersions(this.#server, this.#query, pageSize, this.#pageToken);
    const durationMs = performance.now() - startedAt;
    if (response.versions.length === 0 && !this.#query.mayBeEmpty)
      throw new Error(`"${this.#query.name}" (${this.#query.filter}) found nothing`);
    return { durationMs, incomplete: response.incomplete };
  }
}

async function listVersions(
  server: ModelBoxServer,
  { name, model, filter, orderBy }: VersionQuery,
  size: number,
  pageToken: string,
): Promise<ListModelVersionsResponse> {
  const request = create(ListModelVersionsRequestSchema, {
    model,
    filter,
    orderBy,
    pageSize: size,
    pageToken,
  });
  const response = await fetch(`${server.httpAddr}/modelbox.v1.ModelVersionService/ListModelVersions`, {
    method: "POST",
    headers: { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" },
    body: toBinary(ListModelVersionsRequestSchema, request),
  });
  if (!response.ok) throw new Error(`"${name}": ${response.status} ${await response.text()}`);
  return fromBinary(ListModelVersionsResponseSchema, new Uint8Array(await response.arrayBuffer()));
}
