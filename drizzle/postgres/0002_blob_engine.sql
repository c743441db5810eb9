CREATE TABLE "condemned_chunks" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"generation" text COLLATE "C" NOT NULL,
	"condemned_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "doomed_objects" (
	"object_key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"doomed_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"held_until" bigint NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"started_at" bigint NOT NULL,
	"finished_at" bigint NOT NULL,
	"result" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "packs" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"object_key" text COLLATE "C" NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pending_encodings" (
	"file_id" "bytea" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pending_rebases" (
	"digest" "bytea" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "pack_id" "bytea";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "namespace_id" "bytea";--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "reserved_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "condemned_chunks_at" ON "condemned_chunks" USING btree ("condemned_at","digest");--> statement-breakpoint
CREATE INDEX "doomed_objects_at" ON "doomed_objects" USING btree ("doomed_at","object_key");--> statement-breakpoint
CREATE INDEX "chunks_base" ON "chunks" USING btree ("base_digest");--> statement-breakpoint
CREATE INDEX "chunks_pack" ON "chunks" USING btree ("pack_id");