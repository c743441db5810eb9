import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { failureOf } from "../../test/support/failure.ts";
import { openServices, type TestServices } from "../../test/support/rpc.ts";

const COUNT = 25;
/** Hundreds of calls; a loaded machine takes its time. */
const TIMEOUT_MS = 60_000;
const ORDERS = [
  "",
  "name",
  "name desc",
  "created_at",
  "created_at desc",
  "updated_at",
  "metrics.loss",
  "metrics.loss desc",
];

describe("pages", () => {
  let services: TestServices;

  beforeAll(async () => {
    services = await openServices();
    const { experiments, metrics } = services.clients;
    for (let index = 0; index < COUNT; index += 1) {
      const name = `e${(index * 7) % COUNT}`;
      await experiments.createExperiment({
        namespace: "n",
        name,
        framework: index % 3 === 0 ? "jax" : "pytorch",
      });
      // Some have the same value, and some have none.
      if (index % 4 === 0) continue;
      const value = {
        value: { case: "number" as const, value: index % 5 === 0 ? NaN : Math.floor(index / 2) },
      };
      await metrics.logMetrics({
        object: `experiment:n/${name}`,
        points: [{ key: "loss", step: 1n, value }],
      });
    }
  });
  afterAll(async () => services[Symbol.asyncDispose]());

  const walk = async (pageSize: number, orderBy: string, filter: string): Promise<string[]> => {
    const { experiments } = services.clients;
    const names: string[] = [];
    let pageToken = "";
    do {
      const page = await experiments.listExperiments({
        namespace: "n",
        pageSize,
        pageToken,
        orderBy,
        filter,
      });
      expect(page.experiments.length).toBeLessThanOrEqual(pageSize);
      names.push(...page.experiments.map((one) => one.name));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return names;
  };

  test(
    "of any size, in any order, make up the whole list",
    async () => {
      const filters = ["", 'framework = "jax"', "metrics.loss < 8"];
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: COUNT + 3 }),
          fc.constantFrom(...ORDERS),
          fc.constantFrom(...filters),
          async (pageSize, orderBy, filter) => {
            const whole = await walk(1_000, orderBy, filter);
            expect(await walk(pageSize, orderBy, filter)).toEqual(whole);
            expect(new Set(whole).size).toBe(whole.length);
            if (filter === "") expect(whole).toHaveLength(COUNT);
          },
        ),
        { numRuns: 40 },
      );
    },
    TIMEOUT_MS,
  );

  test("a token of another query, or one that was changed, is refused", async () => {
    const { experiments, models } = services.clients;
    const page = await experiments.listExperiments({ namespace: "n", pageSize: 5, orderBy: "name" });
    const pageToken = page.nextPageToken;
    const foreign = [
      experiments.listExperiments({ namespace: "n", pageToken }),
      experiments.listExperiments({ namespace: "n", orderBy: "name", filter: 'name = "e1"', pageToken }),
      models.listModels({ namespace: "n", orderBy: "name", pageToken }),
    ];
    for (const call of foreign) {
      expect(await failureOf(call)).toMatchObject({ code: "invalid_argument", fields: ["page_token"] });
    }
    // Another page size is another page of the same list.
    const next = await experiments.listExperiments({
      namespace: "n",
      pageSize: 1,
      orderBy: "name",
      pageToken,
    });
    expect(next.experiments).toHaveLength(1);
  });

  test(
    "no text but a token is a token",
    async () => {
      const { experiments } = services.clients;
      const page = await experiments.listExperiments({ namespace: "n", pageSize: 5 });
      const changed = fc
        .tuple(fc.nat({ max: page.nextPageToken.length - 1 }), fc.constantFrom("A", "x", "0", "_"))
        .map(
          ([at, character]) => page.nextPageToken.slice(0, at) + character + page.nextPageToken.slice(at + 1),
        )
        .filter((token) => decodes(token) !== decodes(page.nextPageToken));
      const anything = fc.oneof(changed, fc.string({ minLength: 1 }), fc.base64String({ minLength: 1 }));
      await fc.assert(
        fc.asyncProperty(anything, async (pageToken) => {
          const failure = await failureOf(experiments.listExperiments({ namespace: "n", pageToken }));
          expect(failure).toMatchObject({ code: "invalid_argument", fields: ["page_token"] });
        }),
        { numRuns: 100 },
      );
    },
    TIMEOUT_MS,
  );

  test("a negative size is refused, more than the most is the most", async () => {
    const { experiments } = services.clients;
    const negative = await failureOf(experiments.listExperiments({ namespace: "n", pageSize: -1 }));
    expect(negative).toMatchObject({ code: "invalid_argument", fields: ["page_size"] });
    expect(
      (await experiments.listExperiments({ namespace: "n", pageSize: 2 ** 31 - 1 })).experiments,
    ).toHaveLength(COUNT);
  });
});

function decodes(token: string): string {
  return Buffer.from(token, "base64url").toString("hex");
}
