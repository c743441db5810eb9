/** Load on PostgreSQL through postgres alone: its pool, its prepared statements, and the statements of ModelBox. */
import postgres from "postgres";
import { runLoadProgram } from "../metadata/load.ts";
import { rawCalls } from "./raw-calls.ts";
import { postgresStatements } from "./statements.ts";

await runLoadProgram((order) => {
  const sql = postgres(order.target, { max: order.callers, fetch_types: false, onnotice: () => undefined });
  return Promise.resolve(
    rawCalls(order, postgresStatements, async ([begin = ""], work) => {
      await sql.begin(begin.replace("BEGIN ", ""), async (transaction) => {
        await work(
          async (text, params) =>
            await transaction.unsafe(text, params as never[], { prepare: true }).values(),
        );
      });
    }),
  );
});
