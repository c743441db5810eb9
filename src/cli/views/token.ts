import type { Detail } from "../output/details.ts";
import type { ListView } from "../output/output.ts";

/** A token, as far as this view needs it; times are microseconds since 1970, UTC. */
export interface ShownToken {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** A token for programs, without its digest. */
export function tokenJson({ id, name, createdAt, expiresAt, revokedAt, lastUsedAt }: ShownToken) {
  return {
    id,
    name,
    state: stateOf({ expiresAt, revokedAt }),
    createdAt: exactTime(createdAt),
    expiresAt: exactTime(expiresAt),
    revokedAt: exactTime(revokedAt),
    lastUsedAt: exactTime(lastUsedAt),
  };
}

/** A token for people; `text` is the token itself, when it was just made. */
export function renderToken(token: ShownToken, text?: string): readonly Detail[] {
  return [
    ["id", token.id],
    ["name", token.name],
    ["created", exactTime(token.createdAt) ?? ""],
    ["expires", exactTime(token.expiresAt) ?? ""],
    ["revoked", exactTime(token.revokedAt) ?? ""],
    ["token", text ?? ""],
  ];
}

export const tokenView: ListView<ShownToken> = {
  plural: "tokens",
  id: (token) => token.id,
  columns: [
    { header: "NAME", value: (token) => token.name },
    { header: "STATE", value: stateOf },
    { header: "CREATED", value: (token) => time(token.createdAt) },
    { header: "EXPIRES", value: (token) => time(token.expiresAt), optional: true },
    { header: "LAST USED", value: (token) => time(token.lastUsedAt) },
    { header: "ID", value: (token) => token.id, optional: true },
  ],
};

function stateOf({ expiresAt, revokedAt }: Pick<ShownToken, "expiresAt" | "revokedAt">): string {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= Date.now() * 1000 ? "expired" : "active";
}

function time(micros: number | undefined): string {
  return micros === undefined ? "" : `${new Date(micros / 1000).toISOString().slice(0, 19)}Z`;
}

/** With all six digits; null when there is none, which JSON can say. */
function exactTime(micros: number | undefined): string | null {
  if (micros === undefined) return null;
  return `${time(micros).slice(0, -1)}.${String(micros % 1e6).padStart(6, "0")}Z`;
}
