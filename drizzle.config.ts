import { defineConfig } from "drizzle-kit";

/** `drizzle-kit generate` writes the history of one dialect; another is picked by MODELBOX_DIALECT. */
const schemas = {
  sqlite: { dialect: "sqlite", schema: "./src/metadata/dialects/sqlite/schema.ts" },
  mysql: { dialect: "mysql", schema: "./src/metadata/dialects/mysql/schema.ts" },
  postgres: { dialect: "postgresql", schema: "./src/metadata/dialects/postgres/schema.ts" },
} as const;

const name = process.env["MODELBOX_DIALECT"] ?? "sqlite";
if (!(name in schemas))
  throw new Error(`MODELBOX_DIALECT is "${name}"; there is ${Object.keys(schemas).join(", ")}.`);
const chosen = schemas[name as keyof typeof schemas];

export default defineConfig({
  dialect: chosen.dialect,
  schema: chosen.schema,
  // scripts/check.ts generates into a copy, to see whether the tables have changed since.
  out: `${process.env["MODELBOX_DRIZZLE_OUT"] ?? "./drizzle"}/${name}`,
  casing: "snake_case",
});
