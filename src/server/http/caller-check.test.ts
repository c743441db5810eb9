import { expect, test } from "bun:test";
import { DomainError } from "../../domain/errors.ts";
import { CallerCheck } from "./caller-check.ts";

const headers = new Headers({ Authorization: "Bearer mbx_x" });

test("goes on until the token works no more, and asks no more often than it should", async () => {
  let asked = 0;
  let failure: DomainError | undefined;
  const authenticate = async () => {
    asked += 1;
    if (failure !== undefined) throw failure;
    return { actor: "ci", readable: "all", writable: "all" } as const;
  };
  const rare = new CallerCheck(authenticate, headers, 60_000);
  for (let piece = 0; piece < 100; piece += 1) rare.goOn();
  expect(asked).toBe(0);

  const check = new CallerCheck(authenticate, headers, 0);
  check.goOn();
  expect(asked).toBe(1);
  failure = new DomainError("unavailable", "DATABASE_UNAVAILABLE", "gone");
  check.goOn();
  await Promise.resolve();
  check.goOn();
  failure = new DomainError("unauthenticated", "TOKEN_INVALID", "revoked");
  check.goOn();
  await Promise.resolve();
  expect(() => check.goOn()).toThrow("revoked");
});
