CREATE TABLE `condemned_chunks` (
	`digest` binary(32) NOT NULL,
	`generation` varchar(64) NOT NULL,
	`condemned_at` bigint NOT NULL,
	CONSTRAINT `condemned_chunks_digest` PRIMARY KEY(`digest`)
);
--> statement-breakpoint
CREATE TABLE `doomed_objects` (
	`object_key` varchar(256) NOT NULL,
	`size_bytes` bigint NOT NULL,
	`doomed_at` bigint NOT NULL,
	CONSTRAINT `doomed_objects_object_key` PRIMARY KEY(`object_key`)
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`name` varchar(16) NOT NULL,
	`holder` varchar(256) NOT NULL,
	`held_until` bigint NOT NULL,
	`position` varchar(256) NOT NULL,
	`started_at` bigint NOT NULL,
	`finished_at` bigint NOT NULL,
	`result` longtext NOT NULL,
	CONSTRAINT `jobs_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `packs` (
	`id` varbinary(16) NOT NULL,
	`object_key` varchar(256) NOT NULL,
	`size_bytes` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `packs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `pending_encodings` (
	`file_id` varbinary(16) NOT NULL,
	CONSTRAINT `pending_encodings_file_id` PRIMARY KEY(`file_id`)
);
--> statement-breakpoint
CREATE TABLE `pending_rebases` (
	`digest` binary(32) NOT NULL,
	CONSTRAINT `pending_rebases_digest` PRIMARY KEY(`digest`)
);
--> statement-breakpoint
ALTER TABLE `chunks` ADD `pack_id` varbinary(16);--> statement-breakpoint
ALTER TABLE `chunks` ADD `namespace_id` varbinary(16);--> statement-breakpoint
ALTER TABLE `leases` ADD `reserved_bytes` bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `condemned_chunks_at` ON `condemned_chunks` (`condemned_at`,`digest`);--> statement-breakpoint
CREATE INDEX `doomed_objects_at` ON `doomed_objects` (`doomed_at`,`object_key`);--> statement-breakpoint
CREATE INDEX `chunks_base` ON `chunks` (`base_digest`);--> statement-breakpoint
CREATE INDEX `chunks_pack` ON `chunks` (`pack_id`);