/** Says to people, and to programs that look for secrets, what the text is. */
const PREFIX = "mbx_";
const RANDOM_BYTES = 32;
const PATTERN = /^mbx_[A-Za-z0-9_-]{43}$/;

/** The text of a new token: 256 random bits, so that a plain digest of it tells nothing. */
export function newTokenText(): string {
  return PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))).toString("base64url");
}

/** Whether a text has the form of one. */
export function isTokenText(text: string): boolean {
  return PATTERN.test(text);
}

/** SHA-256 (hex) of a token's text. */
export function tokenDigest(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
