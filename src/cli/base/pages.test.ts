import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { ListModelsResponseSchema, type ListModelsResponse } from "../../gen/modelbox/v1/model_service_pb.ts";
import type { PageFlags } from "../flags/list.ts";
import { collectPages, moreNotice, type Page } from "./pages.ts";

const DEFAULT_PAGE_SIZE = 50;

/** A list of `total` models, and the pages that were asked for. */
function list(total: number) {
  const asked: Page[] = [];
  const fetch = async (page: Page): Promise<ListModelsResponse> => {
    asked.push(page);
    const start = Number(page.pageToken || "0");
    const end = Math.min(total, start + (page.pageSize || DEFAULT_PAGE_SIZE));
    const models = Array.from({ length: end - start }, (_, index) => ({ name: String(start + index) }));
    return await Promise.resolve(
      create(ListModelsResponseSchema, { models, nextPageToken: end < total ? String(end) : "" }),
    );
  };
  const collect = (flags: PageFlags) => collectPages(flags, fetch, (response) => response.models);
  return { asked, collect };
}

describe("a list", () => {
  test("is one page by default, and says that there are more", async () => {
    const { asked, collect } = list(120);
    const response = await collect({});
    expect(asked).toEqual([{ pageSize: 0, pageToken: "" }]);
    expect(response.models).toHaveLength(50);
    expect(moreNotice(response)).toContain("--page-token 50");
  });

  test("with --all has every row once, and no token", async () => {
    const { asked, collect } = list(2_345);
    const response = await collect({ all: true });
    expect(response.models.map(({ name }) => name)).toEqual(
      Array.from({ length: 2_345 }, (_, index) => String(index)),
    );
    expect(asked.map(({ pageSize }) => pageSize)).toEqual([1000, 1000, 1000]);
    expect(moreNotice(response)).toBeUndefined();
  });

  test("with --limit ends exactly there, and can be gone on with", async () => {
    const { asked, collect } = list(2_345);
    const response = await collect({ limit: 1_100 });
    expect(response.models).toHaveLength(1_100);
    expect(response.nextPageToken).toBe("1100");
    expect(asked.map(({ pageSize }) => pageSize)).toEqual([1000, 100]);
  });

  test("with --page-size and --page-token asks for that page", async () => {
    const { asked, collect } = list(100);
    const response = await collect({ "page-size": 7, "page-token": "14" });
    expect(response.models[0]?.name).toBe("14");
    expect(asked).toEqual([{ pageSize: 7, pageToken: "14" }]);
  });

  test("says when the server stopped looking", () => {
    const response = create(ListModelsResponseSchema, { nextPageToken: "x", incomplete: true });
    expect(moreNotice(response)).toContain("narrow --filter");
  });
});
