import type { Token } from "../domain/entities.ts";
import { systemClock } from "../domain/clock.ts";
import { createToken, type NewToken, type TokenContext } from "../service/tokens/create.ts";
import { listTokens } from "../service/tokens/list.ts";
import { revokeToken } from "../service/tokens/revoke.ts";
import { openMetadataBeside, type ServerConfig } from "./context.ts";

/**
 * What the command line does with tokens, in the database that the configuration names, whether a server runs on it or
 * not: who may write to the database may do anything anyway. A running server sees it within seconds.
 */
export function createServerToken(config: ServerConfig, token: NewToken) {
  return inDatabase(config, (context) => createToken(context, token));
}

/** All tokens, in the order of their making. */
export function listServerTokens(config: ServerConfig): Promise<readonly Token[]> {
  return inDatabase(config, (context) => Array.fromAsync(listTokens(context)));
}

/** Revokes a token, by id or name. */
export function revokeServerToken(config: ServerConfig, reference: string): Promise<Token> {
  return inDatabase(config, (context) => revokeToken(context, reference));
}

async function inDatabase<T>(config: ServerConfig, work: (context: TokenContext) => Promise<T>): Promise<T> {
  const clock = systemClock();
  await using metadata = await openMetadataBeside(config, clock);
  return await work({ metadata, clock });
}
