/** Load on MariaDB through mysql2 alone: its pool, its prepared statements, and the statements of ModelBox. */
import { createPool } from "mysql2/promise";
import { runLoadProgram } from "../metadata/load.ts";
import { rawCalls } from "./raw-calls.ts";
import { mysqlStatements } from "./statements.ts";

await runLoadProgram((order) => {
  const pool = createPool({
    uri: order.target,
    connectionLimit: order.callers,
    rowsAsArray: true,
    supportBigNumbers: true,
  });
  return Promise.resolve(
    rawCalls(order, mysqlStatements, async (begin, work) => {
      const connection = await pool.getConnection();
      try {
        for (const sql of begin) await connection.query(sql);
        await work(async (sql, params) => {
          const values = params.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
          const [rows] = await connection.execute(sql, values as never[]);
          return Array.isArray(rows) ? (rows as unknown[][]) : [];
        });
        await connection.query("COMMIT");
      } finally {
        connection.release();
      }
    }),
  );
});
