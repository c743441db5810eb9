ALTER TABLE "lease_fences" ADD COLUMN "last_writer" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "previous_writer" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "leases" ADD COLUMN "has_written" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "pending_encodings" ADD COLUMN "due_at" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "pending_encodings_due" ON "pending_encodings" USING btree ("due_at","file_id");