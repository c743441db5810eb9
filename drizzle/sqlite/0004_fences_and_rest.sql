ALTER TABLE `lease_fences` ADD `last_writer` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `leases` ADD `previous_writer` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `leases` ADD `has_written` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `pending_encodings` ADD `due_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `pending_encodings_due` ON `pending_encodings` (`due_at`,`file_id`);