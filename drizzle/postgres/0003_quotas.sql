CREATE TABLE "namespace_storage" (
	"namespace_id" "bytea" PRIMARY KEY NOT NULL,
	"file_count" bigint NOT NULL,
	"file_bytes" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "namespaces" ADD COLUMN "quota_bytes" bigint;--> statement-breakpoint
INSERT INTO "namespace_storage" ("namespace_id", "file_count", "file_bytes") SELECT "namespace_id", count(*), sum("size_bytes") FROM "files" WHERE "uri" = '' GROUP BY "namespace_id";