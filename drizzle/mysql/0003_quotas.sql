CREATE TABLE `namespace_storage` (
	`namespace_id` varbinary(16) NOT NULL,
	`file_count` bigint NOT NULL,
	`file_bytes` bigint NOT NULL,
	CONSTRAINT `namespace_storage_namespace_id` PRIMARY KEY(`namespace_id`)
);
--> statement-breakpoint
ALTER TABLE `namespaces` ADD `quota_bytes` bigint;--> statement-breakpoint
REPLACE INTO `namespace_storage` (`namespace_id`, `file_count`, `file_bytes`) SELECT `namespace_id`, count(*), sum(`size_bytes`) FROM `files` WHERE `uri` = '' GROUP BY `namespace_id`;