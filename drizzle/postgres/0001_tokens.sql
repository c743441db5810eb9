CREATE TABLE "tokens" (
	"id" "bytea" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"digest" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint,
	"revoked_at" bigint,
	"last_used_at" bigint
);
--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_digest" ON "tokens" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "tokens_name" ON "tokens" USING btree ("name","id");