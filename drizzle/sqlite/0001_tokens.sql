CREATE TABLE `tokens` (
	`id` blob PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`digest` blob NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_digest` ON `tokens` (`digest`);--> statement-breakpoint
CREATE INDEX `tokens_name` ON `tokens` (`name`,`id`);