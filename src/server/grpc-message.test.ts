import { expect, test } from "bun:test";
import { encodeGrpcMessage, GRPC_MESSAGE, rewriteGrpcMessage } from "./grpc-message.ts";

test("only what the protocol asks for is encoded, and decodes to what it was", () => {
  expect(encodeGrpcMessage('There is no model "a/b": use c, d.')).toBe('There is no model "a/b": use c, d.');
  for (const message of ["100 % ünïcode 🧊", "line\nbreak\u0000", "a\ud800b"]) {
    const encoded = encodeGrpcMessage(message);
    expect(encoded).toMatch(/^[ -~]*$/);
    expect(decodeURIComponent(encoded)).toBe(message.toWellFormed());
  }
});

test("what Connect encoded is encoded anew", () => {
  const trailer = new Headers({ [GRPC_MESSAGE]: encodeURIComponent("a: 5 %, b") });
  rewriteGrpcMessage(trailer);
  expect(trailer.get(GRPC_MESSAGE)).toBe("a: 5 %25, b");
  rewriteGrpcMessage(undefined);
});
