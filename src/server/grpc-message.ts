/** Header in which native gRPC tells what went wrong. */
export const GRPC_MESSAGE = "grpc-message";

const PRINTABLE_EXCEPT_PERCENT = /^[ -$&-~]$/;

/** Percent-encodes what the gRPC protocol asks for and no more: some clients show the rest to people as it is. */
export function encodeGrpcMessage(message: string): string {
  return Array.from(message, (character) =>
    PRINTABLE_EXCEPT_PERCENT.test(character) ? character : encodeURIComponent(character.toWellFormed()),
  ).join("");
}

/** Replaces the message that Connect encoded, which encodes more than that. */
export function rewriteGrpcMessage(trailer: Headers | undefined): void {
  const message = trailer?.get(GRPC_MESSAGE);
  if (typeof message === "string") trailer?.set(GRPC_MESSAGE, encodeGrpcMessage(decodeURIComponent(message)));
}
