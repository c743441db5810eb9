CREATE TABLE `artifacts` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`object_kind` varchar(16) NOT NULL,
	`object_id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`file_set_id` varbinary(16) NOT NULL,
	`file_count` bigint NOT NULL,
	`size_bytes` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `artifacts_id` PRIMARY KEY(`id`),
	CONSTRAINT `artifacts_name` UNIQUE(`object_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `change_counters` (
	`namespace_id` varbinary(16) NOT NULL,
	`last_sequence` bigint NOT NULL,
	CONSTRAINT `change_counters_namespace_id` PRIMARY KEY(`namespace_id`)
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`namespace_id` varbinary(16) NOT NULL,
	`sequence` bigint NOT NULL,
	`kind` varchar(16) NOT NULL,
	`object_id` varbinary(16) NOT NULL,
	`object_path` longtext NOT NULL,
	`action` varchar(32) NOT NULL,
	`actor` varchar(256) NOT NULL,
	`time` bigint NOT NULL,
	`state` longtext NOT NULL,
	CONSTRAINT `changes_sequence` PRIMARY KEY(`namespace_id`,`sequence`)
);
--> statement-breakpoint
CREATE TABLE `checkpoints` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`experiment_id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`step` bigint NOT NULL,
	`epoch` bigint,
	`revision` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `checkpoints_id` PRIMARY KEY(`id`),
	CONSTRAINT `checkpoints_name` UNIQUE(`experiment_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `chunk_holds` (
	`lease_id` varbinary(16) NOT NULL,
	`digest` binary(32) NOT NULL,
	CONSTRAINT `chunk_holds_lease` PRIMARY KEY(`lease_id`,`digest`)
);
--> statement-breakpoint
CREATE TABLE `chunk_totals` (
	`shard` bigint NOT NULL,
	`count` bigint NOT NULL,
	`stored_bytes` bigint NOT NULL,
	CONSTRAINT `chunk_totals_shard` PRIMARY KEY(`shard`)
);
--> statement-breakpoint
CREATE TABLE `chunks` (
	`digest` binary(32) NOT NULL,
	`size_bytes` bigint NOT NULL,
	`generation` varchar(64) NOT NULL,
	`object_key` varchar(256) NOT NULL,
	`object_offset` bigint NOT NULL,
	`stored_bytes` bigint NOT NULL,
	`encoding` varchar(32) NOT NULL,
	`base_digest` binary(32),
	`chain_depth` bigint NOT NULL,
	`state` varchar(16) NOT NULL,
	`durable` tinyint NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `chunks_digest` PRIMARY KEY(`digest`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`object_kind` varchar(16) NOT NULL,
	`object_id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`source` varchar(256) NOT NULL,
	`time` bigint NOT NULL,
	`data` longtext NOT NULL,
	CONSTRAINT `events_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`owner` varchar(256) NOT NULL,
	`external_id` varchar(256),
	`framework` varchar(128) NOT NULL,
	`description` longtext NOT NULL,
	`latest_checkpoint_id` varbinary(16) NOT NULL,
	`revision` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `experiments_id` PRIMARY KEY(`id`),
	CONSTRAINT `experiments_name` UNIQUE(`namespace_id`,`name`),
	CONSTRAINT `experiments_external_id` UNIQUE(`namespace_id`,`external_id`)
);
--> statement-breakpoint
CREATE TABLE `file_chunks` (
	`file_id` varbinary(16) NOT NULL,
	`offset_bytes` bigint NOT NULL,
	`size_bytes` bigint NOT NULL,
	`digest` binary(32) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	CONSTRAINT `file_chunks_offset` PRIMARY KEY(`file_id`,`offset_bytes`)
);
--> statement-breakpoint
CREATE TABLE `files` (
	`id` varbinary(16) NOT NULL,
	`file_set_id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`path` varbinary(1024) NOT NULL,
	`size_bytes` bigint NOT NULL,
	`sha256` binary(32),
	`claimed_sha256` binary(32),
	`digest_state` varchar(16) NOT NULL,
	`uri` varchar(4096) NOT NULL,
	CONSTRAINT `files_id` PRIMARY KEY(`id`),
	CONSTRAINT `files_path` UNIQUE(`file_set_id`,`path`)
);
--> statement-breakpoint
CREATE TABLE `labels` (
	`object_id` varbinary(16) NOT NULL,
	`kind` varchar(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`parent_id` varbinary(16) NOT NULL,
	`object_created_at` bigint NOT NULL,
	`key` varchar(128) NOT NULL,
	`value_type` varchar(16) NOT NULL,
	`value` longtext NOT NULL,
	`match_key` varchar(64) NOT NULL,
	CONSTRAINT `labels_object` PRIMARY KEY(`object_id`,`key`)
);
--> statement-breakpoint
CREATE TABLE `lease_fences` (
	`object_id` varbinary(16) NOT NULL,
	`last_number` bigint NOT NULL,
	CONSTRAINT `lease_fences_object_id` PRIMARY KEY(`object_id`)
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`id` varbinary(16) NOT NULL,
	`kind` varchar(16) NOT NULL,
	`object_kind` varchar(16) NOT NULL,
	`object_id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`holder` varchar(256) NOT NULL,
	`fencing_number` bigint NOT NULL,
	`ttl_ms` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`expires_at` bigint NOT NULL,
	`ended_at` bigint,
	`gone_at` bigint NOT NULL,
	CONSTRAINT `leases_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `lineage_edges` (
	`digest` binary(32) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`source` longtext NOT NULL,
	`source_digest` binary(32) NOT NULL,
	`target` longtext NOT NULL,
	`target_digest` binary(32) NOT NULL,
	`relation` varchar(128) NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `lineage_edges_digest` PRIMARY KEY(`digest`)
);
--> statement-breakpoint
CREATE TABLE `metric_points` (
	`series_id` bigint NOT NULL,
	`step` bigint NOT NULL,
	`wall_time` bigint NOT NULL,
	`value_type` varchar(16) NOT NULL,
	`number_value` double,
	`text_value` longtext,
	`bytes_value` longblob,
	CONSTRAINT `metric_points_step` PRIMARY KEY(`series_id`,`step`)
);
--> statement-breakpoint
CREATE TABLE `metric_series` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`object_id` varbinary(16) NOT NULL,
	`kind` varchar(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`parent_id` varbinary(16) NOT NULL,
	`object_created_at` bigint NOT NULL,
	`key` varchar(256) NOT NULL,
	`step` bigint NOT NULL,
	`wall_time` bigint NOT NULL,
	`value_type` varchar(16) NOT NULL,
	`number_value` double,
	`text_value` longtext,
	`bytes_value` longblob,
	`match_key` varchar(64) NOT NULL,
	CONSTRAINT `metric_series_id` PRIMARY KEY(`id`),
	CONSTRAINT `metric_series_object` UNIQUE(`object_id`,`key`)
);
--> statement-breakpoint
CREATE TABLE `models` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`owner` varchar(256) NOT NULL,
	`task` varchar(128) NOT NULL,
	`description` longtext NOT NULL,
	`latest_version` varchar(128) NOT NULL,
	`last_number` bigint NOT NULL,
	`revision` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `models_id` PRIMARY KEY(`id`),
	CONSTRAINT `models_name` UNIQUE(`namespace_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `namespaces` (
	`id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`owner` varchar(256) NOT NULL,
	`description` longtext NOT NULL,
	`revision` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `namespaces_id` PRIMARY KEY(`id`),
	CONSTRAINT `namespaces_name` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `pending_files` (
	`file_id` varbinary(16) NOT NULL,
	CONSTRAINT `pending_files_file_id` PRIMARY KEY(`file_id`)
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`actor` varchar(256) NOT NULL,
	`method` varchar(128) NOT NULL,
	`request_id` varchar(128) NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	`response` longtext NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `requests_id` PRIMARY KEY(`actor`,`method`,`request_id`)
);
--> statement-breakpoint
CREATE TABLE `tag_assignments` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`model_id` varbinary(16) NOT NULL,
	`tag` varchar(128) NOT NULL,
	`current_tag` varchar(128),
	`version_id` varbinary(16) NOT NULL,
	`version` varchar(128) NOT NULL,
	`version_created_at` bigint NOT NULL,
	`actor` varchar(256) NOT NULL,
	`set_at` bigint NOT NULL,
	`unset_at` bigint,
	CONSTRAINT `tag_assignments_id` PRIMARY KEY(`id`),
	CONSTRAINT `tag_assignments_current` UNIQUE(`model_id`,`current_tag`)
);
--> statement-breakpoint
CREATE TABLE `versions` (
	`id` varbinary(16) NOT NULL,
	`namespace_id` varbinary(16) NOT NULL,
	`model_id` varbinary(16) NOT NULL,
	`version` varchar(128) NOT NULL,
	`name` varchar(256) NOT NULL,
	`description` longtext NOT NULL,
	`framework` varchar(128) NOT NULL,
	`checkpoint_id` varbinary(16) NOT NULL,
	`experiment_id` varbinary(16) NOT NULL,
	`revision` bigint NOT NULL,
	`created_at` bigint NOT NULL,
	`updated_at` bigint NOT NULL,
	`fingerprint` varchar(64) NOT NULL,
	CONSTRAINT `versions_id` PRIMARY KEY(`id`),
	CONSTRAINT `versions_version` UNIQUE(`model_id`,`version`)
);
--> statement-breakpoint
ALTER TABLE `checkpoints` ADD CONSTRAINT `checkpoints_experiment` FOREIGN KEY (`experiment_id`) REFERENCES `experiments`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `experiments` ADD CONSTRAINT `experiments_namespace` FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `models` ADD CONSTRAINT `models_namespace` FOREIGN KEY (`namespace_id`) REFERENCES `namespaces`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `versions` ADD CONSTRAINT `versions_model` FOREIGN KEY (`model_id`) REFERENCES `models`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `artifacts_created` ON `artifacts` (`object_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_namespace_name` ON `artifacts` (`namespace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_namespace_created` ON `artifacts` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_file_set` ON `artifacts` (`file_set_id`,`id`);--> statement-breakpoint
CREATE INDEX `changes_kind` ON `changes` (`namespace_id`,`kind`,`sequence`);--> statement-breakpoint
CREATE INDEX `checkpoints_created` ON `checkpoints` (`experiment_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_updated` ON `checkpoints` (`experiment_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_step` ON `checkpoints` (`experiment_id`,`step`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_name` ON `checkpoints` (`namespace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_created` ON `checkpoints` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_updated` ON `checkpoints` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `checkpoints_namespace_step` ON `checkpoints` (`namespace_id`,`step`,`id`);--> statement-breakpoint
CREATE INDEX `chunk_holds_digest` ON `chunk_holds` (`digest`);--> statement-breakpoint
CREATE INDEX `events_object` ON `events` (`object_id`,`time`,`id`);--> statement-breakpoint
CREATE INDEX `events_namespace` ON `events` (`namespace_id`,`time`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_created` ON `experiments` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `experiments_updated` ON `experiments` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `file_chunks_digest` ON `file_chunks` (`digest`,`namespace_id`);--> statement-breakpoint
CREATE INDEX `labels_parent` ON `labels` (`parent_id`,`kind`,`key`,`match_key`,`object_created_at`,`object_id`);--> statement-breakpoint
CREATE INDEX `labels_namespace` ON `labels` (`namespace_id`,`kind`,`key`,`match_key`,`object_created_at`,`object_id`);--> statement-breakpoint
CREATE INDEX `leases_object` ON `leases` (`object_id`,`kind`,`gone_at`);--> statement-breakpoint
CREATE INDEX `leases_gone` ON `leases` (`gone_at`,`id`);--> statement-breakpoint
CREATE INDEX `lineage_edges_source` ON `lineage_edges` (`namespace_id`,`source_digest`);--> statement-breakpoint
CREATE INDEX `lineage_edges_target` ON `lineage_edges` (`namespace_id`,`target_digest`);--> statement-breakpoint
CREATE INDEX `metric_series_parent` ON `metric_series` (`parent_id`,`kind`,`key`,`match_key`,`object_id`,`object_created_at`);--> statement-breakpoint
CREATE INDEX `metric_series_namespace` ON `metric_series` (`namespace_id`,`kind`,`key`,`match_key`,`object_id`,`object_created_at`);--> statement-breakpoint
CREATE INDEX `models_created` ON `models` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `models_updated` ON `models` (`namespace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `namespaces_created` ON `namespaces` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `namespaces_updated` ON `namespaces` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `requests_created` ON `requests` (`created_at`);--> statement-breakpoint
CREATE INDEX `tag_assignments_namespace` ON `tag_assignments` (`namespace_id`,`current_tag`,`version_created_at`,`version_id`);--> statement-breakpoint
CREATE INDEX `tag_assignments_version` ON `tag_assignments` (`version_id`,`current_tag`);--> statement-breakpoint
CREATE INDEX `tag_assignments_model_history` ON `tag_assignments` (`model_id`,`set_at`,`id`);--> statement-breakpoint
CREATE INDEX `tag_assignments_tag_history` ON `tag_assignments` (`model_id`,`tag`,`set_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_created` ON `versions` (`model_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_updated` ON `versions` (`model_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_version` ON `versions` (`namespace_id`,`version`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_created` ON `versions` (`namespace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `versions_namespace_updated` ON `versions` (`namespace_id`,`updated_at`,`id`);