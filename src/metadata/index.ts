export { awaitedMetadataStore } from "./decorators/awaited.ts";
export { observedMetadataStore } from "./decorators/observed.ts";
export { createRemoteMetadataStore, remoteMigrationStatus } from "./dialects/remote/open.ts";
export type { DatabaseSettings } from "./dialects/remote/settings.ts";
export { createLibsqlMetadataStore } from "./dialects/sqlite/store.ts";
export { sqliteMigrationStatus as migrationStatus } from "./dialects/sqlite/migrations.ts";
export type { MigrationStatus } from "./migrate.ts";
