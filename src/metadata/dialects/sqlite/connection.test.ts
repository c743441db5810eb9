import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { Connection } from "./connection.ts";
import { globOf } from "./dialect.ts";

test("values that would end the process are refused", async () => {
  using connection = new Connection({ path: ":memory:", pragmas: [] });
  connection.exec("CREATE TABLE t (a)");
  for (const value of [true, undefined, Number.NaN, Number.POSITIVE_INFINITY, new Date(0), {}]) {
    const run = connection.builder.run(sql`insert into t values (${sql.param(value)})`);
    expect(String(await Promise.resolve(run).catch((error: { cause: unknown }) => error.cause))).toContain(
      "can't be stored",
    );
  }
  expect(connection.rows("SELECT count(*) FROM t")).toEqual([[0n]]);
});

test("more statements than are kept ready still work", () => {
  using connection = new Connection({ path: ":memory:", pragmas: [] });
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 600; index += 1) {
      expect(connection.rows(`SELECT ${index}`)).toEqual([[BigInt(index)]]);
    }
  }
});

test("patterns of LIKE become patterns of GLOB", () => {
  expect(globOf("a%b_c")).toBe("a*b?c");
  expect(globOf("100\\%\\_\\\\")).toBe("100%_\\");
  expect(globOf("[x]*?")).toBe("[[]x][*][?]");
  expect(globOf("end\\")).toBe("end\\");
});
