import type { Token } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Caller } from "../context.ts";
import type { TokenContext } from "./create.ts";
import { isTokenText, tokenDigest } from "./text.ts";

/** How long what was read of a token is believed: a revocation takes effect on every server within it. */
const FRESH_MS = 2_000;
/** Tokens that are remembered; those beyond are read for every call. */
const MAX_KNOWN = 10_000;
/** Tokens that are looked up at the same time; whoever makes up texts must not keep the database from others. */
const MAX_READING = 256;
/** A use is noted when the last that was noted is older than this. */
const NOTE_USE_MS = 10 * 60_000;

export interface TokenCheckerOptions {
  /** Whether the database is told, now and then, that a token was used. */
  readonly noteUse: boolean;
  /** Told when that failed; the call goes on. */
  readonly noteFailed: (error: unknown) => void;
}

/** What is known of a token, and since when. */
interface Known {
  readonly token: Token;
  readonly readAt: number;
}

/**
 * Says who calls with a token. Looks it up by its digest: how long that takes tells nothing about any other token's
 * text. A token that was looked up a moment ago costs no read, however many calls come with it.
 */
export class TokenChecker {
  readonly #context: TokenContext;
  readonly #options: TokenCheckerOptions;
  /** By digest; the oldest first. */
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<Token | undefined>>();

  constructor(context: TokenContext, options: TokenCheckerOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Throws DomainError "unauthenticated" for a text that is no token, or one that was revoked or has expired. */
  async check(text: string): Promise<Caller> {
    const token = isTokenText(text) ? await this.#find(tokenDigest(text)) : undefined;
    if (token === undefined || !isUsable(token, this.#context.clock.nowMicros())) throw tokenInvalid();
    return { actor: token.name, readable: "all", writable: "all" };
  }

  async #find(digest: string): Promise<Token | undefined> {
    const known = this.#known.get(digest);
    if (known !== undefined && this.#context.clock.nowMicros() - known.readAt < FRESH_MS * 1000)
      return known.token;
    let reading = this.#reading.get(digest);
    if (reading === undefined) {
      if (this.#reading.size >= MAX_READING) throw tooMany();
      reading = this.#read(digest).finally(() => this.#reading.delete(digest));
      this.#reading.set(digest, reading);
    }
    return reading;
  }

  async #read(digest: string): Promise<Token | undefined> {
    const readAt = this.#context.clock.nowMicros();
    const token = await this.#context.metadata.read((tx) => tx.tokens.findByDigest(digest));
    this.#known.delete(digest);
    // What does not work is not remembered: anybody can make up any number of texts.
    if (token === undefined || !isUsable(token, readAt)) return undefined;
    this.#known.set(digest, { token, readAt });
    const oldest = this.#known.size > MAX_KNOWN ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
    if (this.#options.noteUse && readAt - (token.lastUsedAt ?? 0) > NOTE_USE_MS * 1000)
      this.#noteUse(token.id, readAt);
    return token;
  }

  #noteUse(id: string, at: number): void {
    this.#context.metadata.write((tx) => tx.tokens.noteUse(id, at)).catch(this.#options.noteFailed);
  }
}

function isUsable({ revokedAt, expiresAt }: Token, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}

function tooMany(): DomainError {
  const message = "The server looks up too many tokens already; try again in a moment.";
  return new DomainError("unavailable", "SERVER_BUSY", message);
}

/** One answer for all that does not work: it tells nothing about which tokens there are. */
function tokenInvalid(): DomainError {
  return new DomainError(
    "unauthenticated",
    "TOKEN_INVALID",
    "The token is unknown, revoked or expired: set another one, as MODELBOX_TOKEN or as `token` in the client's file.",
  );
}
