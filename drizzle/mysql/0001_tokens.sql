CREATE TABLE `tokens` (
	`id` varbinary(16) NOT NULL,
	`name` varchar(128) NOT NULL,
	`digest` binary(32) NOT NULL,
	`created_at` bigint NOT NULL,
	`expires_at` bigint,
	`revoked_at` bigint,
	`last_used_at` bigint,
	CONSTRAINT `tokens_id` PRIMARY KEY(`id`),
	CONSTRAINT `tokens_digest` UNIQUE(`digest`)
);
--> statement-breakpoint
CREATE INDEX `tokens_name` ON `tokens` (`name`,`id`);