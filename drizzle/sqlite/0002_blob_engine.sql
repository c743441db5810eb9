CREATE TABLE `condemned_chunks` (
	`digest` blob PRIMARY KEY NOT NULL,
	`generation` text NOT NULL,
	`condemned_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `condemned_chunks_at` ON `condemned_chunks` (`condemned_at`,`digest`);--> statement-breakpoint
CREATE TABLE `doomed_objects` (
	`object_key` text PRIMARY KEY NOT NULL,
	`size_bytes` integer NOT NULL,
	`doomed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `doomed_objects_at` ON `doomed_objects` (`doomed_at`,`object_key`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`held_until` integer NOT NULL,
	`position` text NOT NULL,
	`started_at` integer NOT NULL,
	`finished_at` integer NOT NULL,
	`result` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `packs` (
	`id` blob PRIMARY KEY NOT NULL,
	`object_key` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pending_encodings` (
	`file_id` blob PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pending_rebases` (
	`digest` blob PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE `chunks` ADD `pack_id` blob;--> statement-breakpoint
ALTER TABLE `chunks` ADD `namespace_id` blob;--> statement-breakpoint
CREATE INDEX `chunks_base` ON `chunks` (`base_digest`);--> statement-breakpoint
CREATE INDEX `chunks_pack` ON `chunks` (`pack_id`);--> statement-breakpoint
ALTER TABLE `leases` ADD `reserved_bytes` integer DEFAULT 0 NOT NULL;