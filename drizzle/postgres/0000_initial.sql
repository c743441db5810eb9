CREATE TABLE "artifacts" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"object_kind" text COLLATE "C" NOT NULL,
	"object_id" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"file_set_id" "bytea" NOT NULL,
	"file_count" bigint NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "change_counters" (
	"namespace_id" "bytea" PRIMARY KEY NOT NULL,
	"last_sequence" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"namespace_id" "bytea" NOT NULL,
	"sequence" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"object_id" "bytea" NOT NULL,
	"object_path" text COLLATE "C" NOT NULL,
	"action" text COLLATE "C" NOT NULL,
	"actor" text COLLATE "C" NOT NULL,
	"time" bigint NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	CONSTRAINT "changes_sequence" PRIMARY KEY("namespace_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"experiment_id" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"step" bigint NOT NULL,
	"epoch" bigint,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chunk_holds" (
	"lease_id" "bytea" NOT NULL,
	"digest" "bytea" NOT NULL,
	CONSTRAINT "chunk_holds_lease" PRIMARY KEY("lease_id","digest")
);
--> statement-breakpoint
CREATE TABLE "chunk_totals" (
	"shard" bigint PRIMARY KEY NOT NULL,
	"count" bigint NOT NULL,
	"stored_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chunks" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"generation" text COLLATE "C" NOT NULL,
	"object_key" text COLLATE "C" NOT NULL,
	"object_offset" bigint NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"encoding" text COLLATE "C" NOT NULL,
	"base_digest" "bytea",
	"chain_depth" bigint NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"durable" boolean NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"object_kind" text COLLATE "C" NOT NULL,
	"object_id" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"source" text COLLATE "C" NOT NULL,
	"time" bigint NOT NULL,
	"data" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "experiments" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"owner" text COLLATE "C" NOT NULL,
	"external_id" text COLLATE "C",
	"framework" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"latest_checkpoint_id" "bytea" NOT NULL,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "file_chunks" (
	"file_id" "bytea" NOT NULL,
	"offset_bytes" bigint NOT NULL,
	"size_bytes" bigint NOT NULL,
	"digest" "bytea" NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	CONSTRAINT "file_chunks_offset" PRIMARY KEY("file_id","offset_bytes")
);
--> statement-breakpoint
CREATE TABLE "files" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"file_set_id" "bytea" NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"path" text COLLATE "C" NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sha256" "bytea",
	"claimed_sha256" "bytea",
	"digest_state" text COLLATE "C" NOT NULL,
	"uri" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "labels" (
	"object_id" "bytea" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"parent_id" "bytea" NOT NULL,
	"object_created_at" bigint NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"value_type" text COLLATE "C" NOT NULL,
	"value" text COLLATE "C" NOT NULL,
	"match_key" text COLLATE "C" NOT NULL,
	CONSTRAINT "labels_object" PRIMARY KEY("object_id","key")
);
--> statement-breakpoint
CREATE TABLE "lease_fences" (
	"object_id" "bytea" PRIMARY KEY NOT NULL,
	"last_number" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"object_kind" text COLLATE "C" NOT NULL,
	"object_id" "bytea" NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"fencing_number" bigint NOT NULL,
	"ttl_ms" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"ended_at" bigint,
	"gone_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lineage_edges" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"source" text COLLATE "C" NOT NULL,
	"source_digest" "bytea" NOT NULL,
	"target" text COLLATE "C" NOT NULL,
	"target_digest" "bytea" NOT NULL,
	"relation" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metric_points" (
	"series_id" bigint NOT NULL,
	"step" bigint NOT NULL,
	"wall_time" bigint NOT NULL,
	"value_type" text COLLATE "C" NOT NULL,
	"number_value" double precision,
	"text_value" text COLLATE "C",
	"bytes_value" "bytea",
	CONSTRAINT "metric_points_step" PRIMARY KEY("series_id","step")
);
--> statement-breakpoint
CREATE TABLE "metric_series" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"object_id" "bytea" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"parent_id" "bytea" NOT NULL,
	"object_created_at" bigint NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"step" bigint NOT NULL,
	"wall_time" bigint NOT NULL,
	"value_type" text COLLATE "C" NOT NULL,
	"number_value" double precision,
	"text_value" text COLLATE "C",
	"bytes_value" "bytea",
	"match_key" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "models" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"owner" text COLLATE "C" NOT NULL,
	"task" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"latest_version" text COLLATE "C" NOT NULL,
	"last_number" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "namespaces" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"owner" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pending_files" (
	"file_id" "bytea" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"actor" text COLLATE "C" NOT NULL,
	"method" text COLLATE "C" NOT NULL,
	"request_id" text COLLATE "C" NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL,
	"response" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "requests_id" PRIMARY KEY("actor","method","request_id")
);
--> statement-breakpoint
CREATE TABLE "tag_assignments" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"model_id" "bytea" NOT NULL,
	"tag" text COLLATE "C" NOT NULL,
	"current_tag" text COLLATE "C",
	"version_id" "bytea" NOT NULL,
	"version" text COLLATE "C" NOT NULL,
	"version_created_at" bigint NOT NULL,
	"actor" text COLLATE "C" NOT NULL,
	"set_at" bigint NOT NULL,
	"unset_at" bigint
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"namespace_id" "bytea" NOT NULL,
	"model_id" "bytea" NOT NULL,
	"version" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"framework" text COLLATE "C" NOT NULL,
	"checkpoint_id" "bytea" NOT NULL,
	"experiment_id" "bytea" NOT NULL,
	"revision" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_experiment" FOREIGN KEY ("experiment_id") REFERENCES "public"."experiments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiments" ADD CONSTRAINT "experiments_namespace" FOREIGN KEY ("namespace_id") REFERENCES "public"."namespaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_namespace" FOREIGN KEY ("namespace_id") REFERENCES "public"."namespaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "versions" ADD CONSTRAINT "versions_model" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "artifacts_name" ON "artifacts" USING btree ("object_id","name");--> statement-breakpoint
CREATE INDEX "artifacts_created" ON "artifacts" USING btree ("object_id","created_at","id");--> statement-breakpoint
CREATE INDEX "artifacts_namespace_name" ON "artifacts" USING btree ("namespace_id","name","id");--> statement-breakpoint
CREATE INDEX "artifacts_namespace_created" ON "artifacts" USING btree ("namespace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "artifacts_file_set" ON "artifacts" USING btree ("file_set_id","id");--> statement-breakpoint
CREATE INDEX "changes_kind" ON "changes" USING btree ("namespace_id","kind","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "checkpoints_name" ON "checkpoints" USING btree ("experiment_id","name");--> statement-breakpoint
CREATE INDEX "checkpoints_created" ON "checkpoints" USING btree ("experiment_id","created_at","id");--> statement-breakpoint
CREATE INDEX "checkpoints_updated" ON "checkpoints" USING btree ("experiment_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "checkpoints_step" ON "checkpoints" USING btree ("experiment_id","step","id");--> statement-breakpoint
CREATE INDEX "checkpoints_namespace_name" ON "checkpoints" USING btree ("namespace_id","name","id");--> statement-breakpoint
CREATE INDEX "checkpoints_namespace_created" ON "checkpoints" USING btree ("namespace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "checkpoints_namespace_updated" ON "checkpoints" USING btree ("namespace_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "checkpoints_namespace_step" ON "checkpoints" USING btree ("namespace_id","step","id");--> statement-breakpoint
CREATE INDEX "chunk_holds_digest" ON "chunk_holds" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "events_object" ON "events" USING btree ("object_id","time","id");--> statement-breakpoint
CREATE INDEX "events_namespace" ON "events" USING btree ("namespace_id","time","id");--> statement-breakpoint
CREATE UNIQUE INDEX "experiments_name" ON "experiments" USING btree ("namespace_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "experiments_external_id" ON "experiments" USING btree ("namespace_id","external_id");--> statement-breakpoint
CREATE INDEX "experiments_created" ON "experiments" USING btree ("namespace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "experiments_updated" ON "experiments" USING btree ("namespace_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "file_chunks_digest" ON "file_chunks" USING btree ("digest","namespace_id");--> statement-breakpoint
CREATE UNIQUE INDEX "files_path" ON "files" USING btree ("file_set_id","path");--> statement-breakpoint
CREATE INDEX "labels_parent" ON "labels" USING btree ("parent_id","kind","key","match_key","object_created_at","object_id");--> statement-breakpoint
CREATE INDEX "labels_namespace" ON "labels" USING btree ("namespace_id","kind","key","match_key","object_created_at","object_id");--> statement-breakpoint
CREATE INDEX "leases_object" ON "leases" USING btree ("object_id","kind","gone_at");--> statement-breakpoint
CREATE INDEX "leases_gone" ON "leases" USING btree ("gone_at","id");--> statement-breakpoint
CREATE INDEX "lineage_edges_source" ON "lineage_edges" USING btree ("namespace_id","source_digest");--> statement-breakpoint
CREATE INDEX "lineage_edges_target" ON "lineage_edges" USING btree ("namespace_id","target_digest");--> statement-breakpoint
CREATE UNIQUE INDEX "metric_series_object" ON "metric_series" USING btree ("object_id","key");--> statement-breakpoint
CREATE INDEX "metric_series_parent" ON "metric_series" USING btree ("parent_id","kind","key","match_key","object_id","object_created_at");--> statement-breakpoint
CREATE INDEX "metric_series_namespace" ON "metric_series" USING btree ("namespace_id","kind","key","match_key","object_id","object_created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "models_name" ON "models" USING btree ("namespace_id","name");--> statement-breakpoint
CREATE INDEX "models_created" ON "models" USING btree ("namespace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "models_updated" ON "models" USING btree ("namespace_id","updated_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "namespaces_name" ON "namespaces" USING btree ("name");--> statement-breakpoint
CREATE INDEX "namespaces_created" ON "namespaces" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "namespaces_updated" ON "namespaces" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "requests_created" ON "requests" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tag_assignments_current" ON "tag_assignments" USING btree ("model_id","current_tag");--> statement-breakpoint
CREATE INDEX "tag_assignments_namespace" ON "tag_assignments" USING btree ("namespace_id","current_tag","version_created_at","version_id");--> statement-breakpoint
CREATE INDEX "tag_assignments_version" ON "tag_assignments" USING btree ("version_id","current_tag");--> statement-breakpoint
CREATE INDEX "tag_assignments_model_history" ON "tag_assignments" USING btree ("model_id","set_at","id");--> statement-breakpoint
CREATE INDEX "tag_assignments_tag_history" ON "tag_assignments" USING btree ("model_id","tag","set_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "versions_version" ON "versions" USING btree ("model_id","version");--> statement-breakpoint
CREATE INDEX "versions_created" ON "versions" USING btree ("model_id","created_at","id");--> statement-breakpoint
CREATE INDEX "versions_updated" ON "versions" USING btree ("model_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "versions_namespace_version" ON "versions" USING btree ("namespace_id","version","id");--> statement-breakpoint
CREATE INDEX "versions_namespace_created" ON "versions" USING btree ("namespace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "versions_namespace_updated" ON "versions" USING btree ("namespace_id","updated_at","id");