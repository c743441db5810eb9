CREATE TABLE `artifacts` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`object_kind` text NOT NULL,
	`object_id` blob NOT NULL,
	`name` text NOT NULL,
	`file_set_id` blob NOT NULL,
	`file_count` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at` integer NOT NULL,
	`fingerprint` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `artifacts_name` ON `artifacts` (`object_id`,`name`);--> statement-breakpoint
CREATE INDEX `artifacts_created` ON `artifacts` (`object_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_namespace_name` ON `artifacts` (`namespace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_namespace_created` ON `artifacts` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_file_set` ON `artifacts` (`file_set_id`,`id`);--> statement-breakpoint
CREATE TABLE `change_counters` (
	`namespace_id` blob PRIMARY KEY NOT NULL,
	`last_sequence` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`namespace_id` blob NOT NULL,
	`sequence` integer NOT NULL,
	`kind` text NOT NULL,
	`object_id` blob NOT NULL,
	`object_path` text NOT NULL,
	`action` text NOT NULL,
	`actor` text NOT NULL,
	`time` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`namespace_id`, `sequence`)
);
--> statement-breakpoint
CREATE INDEX `changes_kind` ON `changes` (`namespace_id`,`kind`,`sequence`);--> statement-breakpoint
CREATE TABLE `checkpoints` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`experiment_id` blob NOT NULL,
	`name` text NOT NULL,
	`step` integer NOT NULL,
	`epoch` integer,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`fingerprint` text NOT NULL,
	FOREIGN KEY (`experiment_id`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `checkpoints_name` ON `checkpoints` (`experiment_id`,`name`);--> statement-breakpoint
CREATE INDEX `checkpoints_created` ON `checkpoints` (`experiment_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_updated` ON `checkpoints` (`experiment_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_step` ON `checkpoints` (`experiment_id`,`step`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_name` ON `checkpoints` (`namespace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_created` ON `checkpoints` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_updated` ON `checkpoints` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_step` ON `checkpoints` (`namespace_id`,`step`,`id`);--> statement-breakpoint
CREATE TABLE `chunk_holds` (
	`lease_id` blob NOT NULL,
	`digest` blob NOT NULL,
	PRIMARY KEY(`lease_id`, `digest`)
);
--> statement-breakpoint
CREATE INDEX `chunk_holds_digest` ON `chunk_holds` (`digest`);--> statement-breakpoint
CREATE TABLE `chunk_totals` (
	`shard` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`stored_bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chunks` (
	`digest` blob PRIMARY KEY NOT NULL,
	`size_bytes` integer NOT NULL,
	`generation` text NOT NULL,
	`object_key` text NOT NULL,
	`object_offset` integer NOT NULL,
	`stored_bytes` integer NOT NULL,
	`encoding` text NOT NULL,
	`base_digest` blob,
	`chain_depth` integer NOT NULL,
	`state` text NOT NULL,
	`durable` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`object_kind` text NOT NULL,
	`object_id` blob NOT NULL,
	`name` text NOT NULL,
	`source` text NOT NULL,
	`time` integer NOT NULL,
	`data` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_object` ON `events` (`object_id`,`time`,`id`);--> statement-breakpoint
CREATE INDEX `events_namespace` ON `events` (`namespace_id`,`time`,`id`);--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`name` text NOT NULL,
	`owner` text NOT NULL,
	`external_id` text,
	`framework` text NOT NULL,
	`description` text NOT NULL,
	`latest_checkpoint_id` blob NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`fingerprint` text NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `experiments_name` ON `experiments` (`namespace_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `experiments_external_id` ON `experiments` (`namespace_id`,`external_id`);--> statement-breakpoint
CREATE INDEX `experiments_created` ON `experiments` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_updated` ON `experiments` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE TABLE `file_chunks` (
	`file_id` blob NOT NULL,
	`offset_bytes` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`digest` blob NOT NULL,
	`namespace_id` blob NOT NULL,
	PRIMARY KEY(`file_id`, `offset_bytes`)
);
--> statement-breakpoint
CREATE INDEX `file_chunks_digest` ON `file_chunks` (`digest`,`namespace_id`);--> statement-breakpoint
CREATE TABLE `files` (
	`id` blob PRIMARY KEY NOT NULL,
	`file_set_id` blob NOT NULL,
	`namespace_id` blob NOT NULL,
	`path` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`sha256` blob,
	`claimed_sha256` blob,
	`digest_state` text NOT NULL,
	`uri` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `files_path` ON `files` (`file_set_id`,`path`);--> statement-breakpoint
CREATE TABLE `labels` (
	`object_id` blob NOT NULL,
	`kind` text NOT NULL,
	`namespace_id` blob NOT NULL,
	`parent_id` blob NOT NULL,
	`object_created_at` integer NOT NULL,
	`key` text NOT NULL,
	`value_type` text NOT NULL,
	`value` text NOT NULL,
	`match_key` text NOT NULL,
	PRIMARY KEY(`object_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `labels_parent` ON `labels` (`parent_id`,`kind`,`key`,`match_key`,`object_created_at`,`object_id`);--> statement-breakpoint
CREATE INDEX `labels_namespace` ON `labels` (`namespace_id`,`kind`,`key`,`match_key`,`object_created_at`,`object_id`);--> statement-breakpoint
CREATE TABLE `lease_fences` (
	`object_id` blob PRIMARY KEY NOT NULL,
	`last_number` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`id` blob PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`object_kind` text NOT NULL,
	`object_id` blob NOT NULL,
	`namespace_id` blob NOT NULL,
	`holder` text NOT NULL,
	`fencing_number` integer NOT NULL,
	`ttl_ms` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ended_at` integer,
	`gone_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `leases_object` ON `leases` (`object_id`,`kind`,`gone_at`);--> statement-breakpoint
CREATE INDEX `leases_gone` ON `leases` (`gone_at`,`id`);--> statement-breakpoint
CREATE TABLE `lineage_edges` (
	`digest` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`source` text NOT NULL,
	`source_digest` blob NOT NULL,
	`target` text NOT NULL,
	`target_digest` blob NOT NULL,
	`relation` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `lineage_edges_source` ON `lineage_edges` (`namespace_id`,`source_digest`);--> statement-breakpoint
CREATE INDEX `lineage_edges_target` ON `lineage_edges` (`namespace_id`,`target_digest`);--> statement-breakpoint
CREATE TABLE `metric_points` (
	`series_id` integer NOT NULL,
	`step` integer NOT NULL,
	`wall_time` integer NOT NULL,
	`value_type` text NOT NULL,
	`number_value` real,
	`text_value` text,
	`bytes_value` blob,
	PRIMARY KEY(`series_id`, `step`)
);
--> statement-breakpoint
CREATE TABLE `metric_series` (
	`id` integer PRIMARY KEY NOT NULL,
	`object_id` blob NOT NULL,
	`kind` text NOT NULL,
	`namespace_id` blob NOT NULL,
	`parent_id` blob NOT NULL,
	`object_created_at` integer NOT NULL,
	`key` text NOT NULL,
	`step` integer NOT NULL,
	`wall_time` integer NOT NULL,
	`value_type` text NOT NULL,
	`number_value` real,
	`text_value` text,
	`bytes_value` blob,
	`match_key` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `metric_series_object` ON `metric_series` (`object_id`,`key`);--> statement-breakpoint
CREATE INDEX `metric_series_parent` ON `metric_series` (`parent_id`,`kind`,`key`,`match_key`,`object_id`,`object_created_at`);--> statement-breakpoint
CREATE INDEX `metric_series_namespace` ON `metric_series` (`namespace_id`,`kind`,`key`,`match_key`,`object_id`,`object_created_at`);--> statement-breakpoint
CREATE TABLE `models` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`name` text NOT NULL,
	`owner` text NOT NULL,
	`task` text NOT NULL,
	`description` text NOT NULL,
	`latest_version` text NOT NULL,
	`last_number` integer NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`fingerprint` text NOT NULL,
	FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `models_name` ON `models` (`namespace_id`,`name`);--> statement-breakpoint
CREATE INDEX `models_created` ON `models` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `models_updated` ON `models` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE TABLE `namespaces` (
	`id` blob PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`owner` text NOT NULL,
	`description` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`fingerprint` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `namespaces_name` ON `namespaces` (`name`);--> statement-breakpoint
CREATE INDEX `namespaces_created` ON `namespaces` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `namespaces_updated` ON `namespaces` (`updated_at`,`id`);--> statement-breakpoint
CREATE TABLE `pending_files` (
	`file_id` blob PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`actor` text NOT NULL,
	`method` text NOT NULL,
	`request_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`response` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`actor`, `method`, `request_id`)
);
--> statement-breakpoint
CREATE INDEX `requests_created` ON `requests` (`created_at`);--> statement-breakpoint
CREATE TABLE `tag_assignments` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`model_id` blob NOT NULL,
	`tag` text NOT NULL,
	`current_tag` text,
	`version_id` blob NOT NULL,
	`version` text NOT NULL,
	`version_created_at` integer NOT NULL,
	`actor` text NOT NULL,
	`set_at` integer NOT NULL,
	`unset_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tag_assignments_current` ON `tag_assignments` (`model_id`,`current_tag`);--> statement-breakpoint
CREATE INDEX `tag_assignments_namespace` ON `tag_assignments` (`namespace_id`,`current_tag`,`version_created_at`,`version_id`);--> statement-breakpoint
CREATE INDEX `tag_assignments_version` ON `tag_assignments` (`version_id`,`current_tag`);--> statement-breakpoint
CREATE INDEX `tag_assignments_model_history` ON `tag_assignments` (`model_id`,`set_at`,`id`);--> statement-breakpoint
CREATE INDEX `tag_assignments_tag_history` ON `tag_assignments` (`model_id`,`tag`,`set_at`,`id`);--> statement-breakpoint
CREATE TABLE `versions` (
	`id` blob PRIMARY KEY NOT NULL,
	`namespace_id` blob NOT NULL,
	`model_id` blob NOT NULL,
	`version` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`framework` text NOT NULL,
	`checkpoint_id` blob NOT NULL,
	`experiment_id` blob NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`fingerprint` text NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `versions_version` ON `versions` (`model_id`,`version`);--> statement-breakpoint
CREATE INDEX `versions_created` ON `versions` (`model_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_updated` ON `versions` (`model_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_version` ON `versions` (`namespace_id`,`version`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_created` ON `versions` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_updated` ON `versions` (`namespace_id`,`updated_at`,`id`);