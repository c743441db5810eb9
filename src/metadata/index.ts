export { observedMetadataStore } from "./decorators/observed.ts";
export { createLibsqlMetadataStore } from "./dialects/sqlite/store.ts";
export { sqliteMigrationStatus as migrationStatus } from "./dialects/sqlite/migrations.ts";
export type { MigrationStatus } from "./migrate.ts";
