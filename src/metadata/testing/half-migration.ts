/** A process of its own that is killed half way through the first migration. */
import { migrations } from "../../embed/migrations.ts";
import { Connection } from "../dialects/sqlite/connection.ts";
import { statementsOf } from "../migrate.ts";

const connection = new Connection({
  path: process.argv[2] ?? "",
  pragmas: ["journal_mode = WAL", "synchronous = FULL"],
});
const statements = statementsOf(migrations.sqlite[0]);
connection.exec("BEGIN IMMEDIATE");
for (const statement of statements.slice(0, statements.length / 2)) connection.exec(statement);
process.kill(process.pid, "SIGKILL");
