import { idBytes } from "../peers/raw-libsql.ts";
import { experimentOf, idOf, namespace, type Call, type LoadOrder } from "../metadata/load.ts";
import type { Statements } from "./statements.ts";

/** One connection in a transaction: runs a statement, and gives its rows as arrays of values. */
export type Query = (sql: string, params: readonly unknown[]) => Promise<readonly (readonly unknown[])[]>;

/** Runs work on a connection of its own, in a transaction that begins with these statements. */
export type InTransaction = (
  begin: readonly string[],
  work: (query: Query) => Promise<void>,
) => Promise<void>;

/** The statements of ModelBox's calls, by a driver alone. */
export function rawCalls(order: LoadOrder, statements: Statements, inTransaction: InTransaction): Call {
  if (order.operation === "get") {
    return (number) =>
      inTransaction(statements.beginRead, (query) => get(statements, query, idBytes(idOf(order, number))));
  }
  return (number) => inTransaction(statements.begin, (query) => create(statements, query, order, number));
}

async function create(statements: Statements, query: Query, order: LoadOrder, number: number): Promise<void> {
  const { name, owner, framework, description } = experimentOf(order, number);
  const [found] = await query(statements.namespaceByName, [namespace]);
  const namespaceId = found?.[0];
  if ((await query(statements.experimentByName, [namespaceId, name])).length > 0)
    throw new Error("it is there");
  const id = idBytes(Bun.randomUUIDv7());
  const now = Date.now() * 1000;
  const fingerprint = "0".repeat(64);
  const nothing = new Uint8Array();
  const row = [id, namespaceId, name, owner, null, framework, description, nothing, 1, now, now, fingerprint];
  await query(statements.insertExperiment, row);
  await query(statements.count, [namespaceId]);
  const [counter] = await query(statements.counter, [namespaceId]);
  const state = JSON.stringify({
    name,
    owner,
    framework,
    description,
    fingerprint,
    labels: {},
    metrics: {},
    now,
  });
  const change = [
    namespaceId,
    counter?.[0],
    "experiment",
    id,
    `${namespace}/${name}`,
    "created",
    owner,
    now,
    state,
  ];
  await query(statements.insertChange, change);
}

async function get(statements: Statements, query: Query, id: Uint8Array): Promise<void> {
  const [experiment] = await query(statements.experimentById, [id]);
  if (experiment === undefined) throw new Error("there is no such row");
  await query(statements.namespaceById, [experiment[1]]);
  await query(statements.labels, [id]);
  await query(statements.metrics, [id]);
}
