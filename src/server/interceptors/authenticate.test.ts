import { expect, test } from "bun:test";
import { MAX_ACTOR_LENGTH } from "../limits.ts";
import { requestIdOf } from "../request-id.ts";
import { ACTOR_HEADER, authenticate } from "./authenticate.ts";

test("without authentication everybody may do all, under the name that they give", () => {
  expect(authenticate(new Headers())).toEqual({ actor: "anonymous", readable: "all", writable: "all" });
  const named = new Headers({ [ACTOR_HEADER]: " ada@example.com " });
  expect(authenticate(named).actor).toBe("ada@example.com");
});

test.each(["", " ", "tab\tin", "é", "x".repeat(MAX_ACTOR_LENGTH + 1)])("the name %j is refused", (actor) => {
  expect(() => authenticate(new Headers({ [ACTOR_HEADER]: actor }))).toThrow(ACTOR_HEADER);
});

test("a sane request id is kept, any other is replaced by a new one", () => {
  expect(requestIdOf(new Headers({ "X-Request-Id": "abc-1.2_3" }))).toBe("abc-1.2_3");
  for (const given of ["", "a b", 'a"b', "x".repeat(200)]) {
    const id = requestIdOf(new Headers({ "X-Request-Id": given }));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  }
});
