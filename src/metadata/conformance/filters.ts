import { expect } from "bun:test";
import fc from "fast-check";
import type { JsonValue, MetricValue, ModelVersion } from "../../domain/entities.ts";
import { parseFilter } from "../../domain/filter-parser.ts";
import { printFilter } from "../../domain/filter-printer.ts";
import type { FilterExpression } from "../../domain/filter.ts";
import type { ListCursor, ListQuery, ListScope, MetadataStore } from "../../domain/metadata-store.ts";
import { fails, nth } from "./define.ts";
import type { Define } from "./define.ts";
import { filters, NUMBERS, TEXTS } from "./filter-arbitraries.ts";
import { oracle } from "./filter-oracle.ts";
import type { OracleRow } from "./filter-oracle.ts";
import { aCheckpoint, aModel, aNamespace, aTag, aVersion, aWorld, anExperiment, keyOf } from "./fixtures.ts";

/** Filters find what their words say, whichever index is used. */
export function filterTests(define: Define, runs: number): void {
  // Few rows are taken as a set; of many, pages are read in steps.
  for (const [title, count, minLimit] of [
    ["random filters, orders and small pages agree with an oracle", 90, 2],
    ["random filters and orders over many rows agree with an oracle", 1200, 100],
  ] as const) {
    define(title, async (store) => {
      const versions = await someVersions(store, count);
      const property = fc.asyncProperty(
        filters,
        fc.constantFrom("created_at", "version", "updated_at", "metrics.loss"),
        fc.boolean(),
        fc.integer({ min: minLimit, max: minLimit * 8 }),
        fc.boolean(),
        (filter, field, descending, limit, whole) =>
          agrees(store, versions, { filter, orderBy: { field, descending }, limit }, whole),
      );
      await fc.assert(property, { numRuns: runs });
    });
  }

  define("plain fields of every type", async (store) => {
    const { namespace } = await aWorld(store);
    const experiment = anExperiment(namespace, {
      name: "wav2vec-LID",
      externalId: "run-1",
      description: "100% a_b [x]*?",
    });
    const created = Date.UTC(2026, 5, 1, 12, 30, 15, 250) * 1000 + 7;
    const checkpoints = [
      aCheckpoint(experiment, { name: "first", step: 2n ** 53n + 1n, epoch: undefined, createdAt: created }),
      aCheckpoint(experiment, { name: "second", step: -3n, epoch: 4n, createdAt: created + 1 }),
    ];
    await store.write(async (tx) => {
      await tx.experiments.insert(experiment);
      for (const checkpoint of checkpoints) await tx.checkpoints.insert(checkpoint);
    });
    const experiments = (filter: string) =>
      store.read(async (tx) => {
        const scope = { type: "namespace", id: namespace.id } as const;
        const query = {
          scope,
          orderBy: { field: "name", descending: true },
          limit: 10,
          filter: parseFilter(filter),
        };
        return (await tx.experiments.list(query)).items.some((item) => item.id === experiment.id);
      });
    const found = (filter: string) =>
      store.read(async (tx) => {
        const scope = { type: "parent", id: experiment.id } as const;
        const query = {
          scope,
          orderBy: { field: "name", descending: false },
          limit: 10,
          filter: parseFilter(filter),
        };
        return (await tx.checkpoints.list(query)).items.map((item) => item.name).join(" ");
      });
    const cases: readonly (readonly [filter: string, matches: boolean])[] = [
      ['name = "wav2vec-LID"', true],
      ['name = "wav2vec-lid"', false],
      ['name LIKE "wav%LID"', true],
      ['name LIKE "wav%lid"', false],
      ['name ILIKE "WAV%lid"', true],
      ['name LIKE "wav2vec_LID"', true],
      ['name LIKE "wav2vec"', false],
      ['external_id = "run-1"', true],
      ['external_id = ""', false],
      ['external_id != ""', true],
      ['external_id != "run-2"', true],
      ['external_id IN ("run-0", "run-1")', true],
      ['description LIKE "100\\\\% a\\\\_b [x]*?"', true],
      ['description LIKE "100\\\\%"', false],
      ['description LIKE "100% a_b [[]x]*?"', false],
      ['description ILIKE "100\\\\% A\\\\_B [X]*?"', true],
      [`id = "${experiment.id}"`, true],
      [`id IN ("${namespace.id}", "nothing")`, false],
      ['owner > "a" AND owner < "b"', true],
      ['created_at > "2020-01-01" AND updated_at <= "2999-12-31T23:59:59.999999Z"', true],
    ];
    for (const [filter, matches] of cases)
      expect([filter, await experiments(filter)]).toEqual([filter, matches]);
    expect(await found('step = "9007199254740993"')).toBe("first");
    expect(await found('step = "9007199254740992"')).toBe("");
    expect(await found("step < 0")).toBe("second");
    expect(await found("step IN (-3, 5)")).toBe("second");
    expect(await found("epoch = null")).toBe("first");
    expect(await found("epoch != null")).toBe("second");
    expect(await found("epoch != 4")).toBe("");
    expect(await found("NOT epoch = 4")).toBe("first");
    expect(await found("epoch != 5")).toBe("second");
    expect(await found("epoch < 100")).toBe("second");
    expect(await found('created_at = "2026-06-01T12:30:15.250007Z"')).toBe("first");
    expect(await found('created_at > "2026-06-01T12:30:15.250007"')).toBe("second");
    expect(await found('created_at >= "2026-06-01T14:30:15.250007+02:00"')).toBe("first second");
    expect(await found('created_at < "2026-06-01"')).toBe("");
  });

  define("labels, metrics and names of namespaces", async (store) => {
    const namespaces = [aNamespace({ name: "speech" }), aNamespace({ name: "vision" })];
    const [speech, vision] = [nth(namespaces, 0), nth(namespaces, 1)];
    await store.write(async (tx) => {
      for (const namespace of namespaces) await tx.namespaces.insert(namespace);
      await tx.labels.set(keyOf("namespace", speech), { team: "a" });
      await tx.labels.set(keyOf("namespace", vision), { team: "b" });
      await tx.metrics.log(keyOf("namespace", vision), [{ key: "cost", step: 1n, wallTime: 1, value: 5 }]);
    });
    const names = async (filter: string, field = "created_at") => {
      const query = { scope: { type: "all" }, orderBy: { field, descending: false }, limit: 10 } as const;
      const page = await store.read((tx) => tx.namespaces.list({ ...query, filter: parseFilter(filter) }));
      return page.items.map((namespace) => namespace.name).join(" ");
    };
    expect(await names('labels.team = "b"')).toBe("vision");
    expect(await names('labels.team >= "a"')).toBe("speech vision");
    expect(await names('labels HAS "team" AND name LIKE "s%"')).toBe("speech");
    expect(await names("metrics.cost > 1")).toBe("vision");
    expect(await names("", "metrics.cost")).toBe("vision speech");
    expect(await names(`id = "${speech.id}"`)).toBe("speech");
    expect(await names('name IN ("vision", "other")', "name")).toBe("vision");
  });

  define("tags of versions and models", async (store) => {
    const { namespace, model, version } = await aWorld(store);
    const other = aVersion(model);
    await store.write(async (tx) => {
      await tx.versions.insert(other);
      await tx.tags.assign(aTag(version));
      await tx.tags.assign(aTag(other, { tag: "old" }));
      await tx.tags.unassign(model.id, "old", 5);
    });
    const order = { orderBy: { field: "created_at", descending: true }, limit: 10 };
    for (const scope of [
      { type: "namespace", id: namespace.id },
      { type: "parent", id: model.id },
    ] as const) {
      const versions = async (filter: string) =>
        (
          await store.read((tx) => tx.versions.list({ scope, ...order, filter: parseFilter(filter) }))
        ).items.map((one) => one.id);
      expect(await versions('tags HAS "production"')).toEqual([version.id]);
      expect(await versions('NOT tags HAS "production"')).toEqual([other.id]);
      expect(await versions('tags HAS "old"')).toEqual([]);
    }
    const scope = { type: "namespace", id: namespace.id } as const;
    const models = await store.read((tx) =>
      tx.models.list({ scope, ...order, filter: parseFilter('tags HAS "production"') }),
    );
    expect(models.items).toEqual([model]);
  });

  define("what does not fit is refused, with the position and what would fit", async (store) => {
    const { namespace } = await aWorld(store);
    const cases: readonly (readonly [filter: string, position: number, words: string])[] = [
      [
        "color = 1",
        1,
        "id, name, owner, task, description, created_at, updated_at, labels.<key>, metrics.<key>",
      ],
      ['name = "x" AND labels = 1', 16, "labels"],
      ["name.first = 1", 1, "name.first"],
      ["name = 1", 6, "text"],
      ["created_at = 1", 12, "ISO 8601"],
      ['created_at = "2026-02-30"', 12, "ISO 8601"],
      ['created_at LIKE "2026%"', 12, "LIKE needs a text"],
      ['id LIKE "0%"', 4, "LIKE needs a text"],
      ["metrics.loss = true", 14, "number or a text"],
      ["metrics.loss < NaN", 14, "NaN"],
      ["labels.x < true", 10, "= and !="],
      ["labels.x LIKE 5", 10, "LIKE takes a text"],
      ['name HAS "x"', 1, "HAS is for tags, labels, metrics"],
      ['labels.a HAS "x"', 1, "without a key"],
      ["name = null", 6, "text"],
      ['constructor = "x"', 1, "constructor"],
    ];
    for (const [filter, position, words] of cases) {
      const scope = { type: "namespace", id: namespace.id } as const;
      const query = {
        scope,
        orderBy: { field: "name", descending: false },
        limit: 1,
        filter: parseFilter(filter),
      };
      const error = await fails(
        store.read((tx) => tx.models.list(query)),
        "invalid_argument",
      );
      expect([filter, error.metadata["position"]]).toEqual([filter, String(position)]);
      expect(error.message).toContain(words);
    }
  });
}

type Versions = Awaited<ReturnType<typeof someVersions>>;

async function agrees(
  store: MetadataStore,
  { namespaceId, modelId, rows }: Versions,
  query: { readonly filter: FilterExpression } & Pick<ListQuery, "orderBy" | "limit">,
  whole: boolean,
): Promise<void> {
  const scope: ListScope = whole ? { type: "namespace", id: namespaceId } : { type: "parent", id: modelId };
  const found: string[] = [];
  let after: ListCursor | undefined;
  do {
    const page = await store.read((tx) => tx.versions.list({ scope, ...query, after }));
    expect(page.incomplete).toBe(false);
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    found.push(...page.items.map((item) => item.id));
    after = page.next;
  } while (after !== undefined);
  const inScope = rows.filter(({ version }) => whole || version.modelId === modelId);
  const expected = inScope.filter(({ row }) => oracle(query.filter, row));
  const { field, descending } = query.orderBy;
  const ids = inOrder(expected, field, descending).map(({ version }) => version.id);
  if (found.join() === ids.join()) return;
  throw new Error(
    `${printFilter(query.filter)}: found ${found.length}, expected ${ids.length}, or another order`,
  );
}

interface Row {
  readonly version: ModelVersion;
  readonly row: OracleRow;
}

const LABELS: readonly JsonValue[] = [...TEXTS, ...NUMBERS, true, false, null, ["prod"], { a: 1 }];
const METRICS: readonly MetricValue[] = [
  ...NUMBERS,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  "prod",
  new Uint8Array([1]),
];

async function someVersions(store: MetadataStore, count: number) {
  const namespace = aNamespace();
  const models = [aModel(namespace), aModel(namespace)];
  const rows: Row[] = [];
  await store.write(async (tx) => {
    await tx.namespaces.insert(namespace);
    for (const model of models) await tx.models.insert(model);
    for (let index = 0; index < count; index += 1) {
      const model = models[index % 3 === 0 ? 1 : 0] ?? aModel(namespace);
      const version = aVersion(model, {
        version: `${index % 7}-${index}`,
        name: TEXTS[index % TEXTS.length] ?? "",
        framework: index % 2 === 0 ? "pytorch" : "jax",
        updatedAt: 10 ** 15 + ((index * 37) % count),
      });
      const labels = pick(LABELS, index, ["env", "seed", "odd key"]);
      const metrics = pick(METRICS, index, ["loss", "acc"]);
      await tx.versions.insert(version);
      await tx.labels.set(keyOf("version", version), labels);
      const points = Object.entries(metrics).map(([key, value]) => ({ key, step: 1n, wallTime: 1, value }));
      await tx.metrics.log(keyOf("version", version), points);
      const tags = index % 30 === 0 ? [`tag-${index}`] : [];
      for (const tag of tags) await tx.tags.assign(aTag(version, { tag }));
      const { version: number, name, framework } = version;
      rows.push({ version, row: { plain: { version: number, name, framework }, labels, metrics, tags } });
    }
  });
  return { namespaceId: namespace.id, modelId: models[0]?.id ?? "", rows };
}

/** Some of the keys, each with one of the values, different from row to row. */
function pick<T>(values: readonly T[], index: number, keys: readonly string[]): Record<string, T> {
  const chosen = keys.flatMap((key, place) => {
    const value = values[(index * (place + 3) + place) % values.length];
    return (index + place) % 4 === 0 || value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(chosen);
}

function isOrdered(value: MetricValue | undefined): value is number {
  return typeof value === "number" && !Number.isNaN(value);
}

/** As lists do it: rows without a metric that can be ordered come last, by their creation. */
function inOrder(rows: readonly Row[], field: string, descending: boolean): readonly Row[] {
  const sorted = (some: readonly Row[], value: (row: Row) => string | number) =>
    some.toSorted((a, b) => {
      const [x, y] = value(a) === value(b) ? [a.version.id, b.version.id] : [value(a), value(b)];
      return (x < y ? -1 : 1) * (descending ? -1 : 1);
    });
  const loss = ({ row }: Row) => row.metrics["loss"];
  switch (field) {
    case "metrics.loss":
      return [
        ...sorted(
          rows.filter((row) => isOrdered(loss(row))),
          (row) => Number(loss(row)),
        ),
        ...sorted(
          rows.filter((row) => !isOrdered(loss(row))),
          ({ version }) => version.createdAt,
        ),
      ];
    case "version":
      return sorted(rows, ({ version }) => version.version);
    case "updated_at":
      return sorted(rows, ({ version }) => version.updatedAt);
    default:
      return sorted(rows, ({ version }) => version.createdAt);
  }
}
