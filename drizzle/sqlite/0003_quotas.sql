CREATE TABLE `namespace_storage` (
	`namespace_id` blob PRIMARY KEY NOT NULL,
	`file_count` integer NOT NULL,
	`file_bytes` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `namespaces` ADD `quota_bytes` integer;--> statement-breakpoint
INSERT INTO `namespace_storage` (`namespace_id`, `file_count`, `file_bytes`) SELECT `namespace_id`, count(*), sum(`size_bytes`) FROM `files` WHERE `uri` = '' GROUP BY `namespace_id`;