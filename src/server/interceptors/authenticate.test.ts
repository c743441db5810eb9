import { describe, expect, test } from "bun:test";
import type { Caller } from "../../service/context.ts";
import { MAX_ACTOR_LENGTH } from "../limits.ts";
import { requestIdOf } from "../request-id.ts";
import { ACTOR_HEADER, identify, withoutTokens, withTokens } from "./authenticate.ts";

const all = { readable: "all", writable: "all" } as const;

describe("without tokens", () => {
  test("everybody may do all, under the name that they give", () => {
    expect(withoutTokens(new Headers())).toEqual({ actor: "anonymous", ...all });
    const named = new Headers({ [ACTOR_HEADER]: " ada@example.com " });
    expect(withoutTokens(named)).toEqual({ actor: "ada@example.com", ...all });
  });

  test.each(["", " ", "tab\tin", "é", "x".repeat(MAX_ACTOR_LENGTH + 1)])(
    "the name %j is refused",
    (actor) => {
      expect(() => withoutTokens(new Headers({ [ACTOR_HEADER]: actor }))).toThrow(ACTOR_HEADER);
    },
  );
});

describe("with tokens", () => {
  const ci: Caller = { actor: "ci", ...all };
  const checked: string[] = [];
  const authenticate = withTokens(async (token) => {
    checked.push(token);
    return ci;
  });

  test("the token says who calls, whatever name the client gives", async () => {
    const headers = new Headers({ Authorization: "bearer  abc ", [ACTOR_HEADER]: "somebody else" });
    expect(await authenticate(headers)).toBe(ci);
    expect(checked.splice(0)).toEqual(["abc"]);
  });

  test.each([undefined, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "abc", "Bearer a, Bearer b"])(
    "the header %j holds none",
    async (value) => {
      const headers = new Headers(value === undefined ? {} : { Authorization: value });
      const identity = await identify(authenticate, headers, undefined);
      expect(identity).toMatchObject({ refusal: { kind: "unauthenticated", reason: "TOKEN_MISSING" } });
      expect(checked).toEqual([]);
    },
  );

  test("health is for everybody", async () => {
    const probe = { access: "public", role: "any", writes: false, duringDrain: true } as const;
    expect(await identify(authenticate, new Headers(), probe)).toMatchObject({
      caller: { actor: "anonymous" },
    });
  });
});

test("a sane request id is kept, any other is replaced by a new one", () => {
  expect(requestIdOf(new Headers({ "X-Request-Id": "abc-1.2_3" }))).toBe("abc-1.2_3");
  for (const given of ["", "a b", 'a"b', "x".repeat(200)]) {
    const id = requestIdOf(new Headers({ "X-Request-Id": given }));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  }
});
