import { describe, expect, test } from "bun:test";
import { basename, dirname } from "node:path";
import { isGenerated, textOf, trackedFiles } from "./tracked-files.ts";

/** A longer file does two jobs. */
const maxSourceLines = 400;
const source = /\.(ts|sh|py|js|mjs)$/;

// Put together, so that this file does not hold what it looks for.
const unfinished = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b(?!\\(#\\d+\\))`);
const foreign: Record<string, RegExp> = {
  "a path of somebody's machine": new RegExp(
    `(^|[\\s"'\`=(:])/(${["work", "farm", "root", "Users"].join("|")})/\\w`,
    "m",
  ),
  "a package registry's host": new RegExp(
    [
      "registry\\.npmjs" + "\\.org",
      "registry\\.yarnpkg" + "\\.com",
      "files\\.pythonhosted" + "\\.org",
      "proxy\\.golang" + "\\.org",
    ].join("|"),
  ),
  "a private key": new RegExp("BEGIN [A-Z ]*PRIVATE" + " KEY"),
  "an access key": /\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|npm_[A-Za-z0-9]{36})\b/,
};

/** `path:line` of every match, so that a failure says where to look. */
function find(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const lines = textOf(path)?.split("\n") ?? [];
    return lines.flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
    );
  });
}

const written = trackedFiles.filter((path) => !isGenerated(path));

describe("files", () => {
  test(`no hand-written source is longer than ${maxSourceLines} lines`, () => {
    const long = written
      .filter((path) => source.test(path))
      .map((path) => ({ path, lines: (textOf(path) ?? "").split("\n").length - 1 }))
      .filter(({ lines }) => lines > maxSourceLines);
    expect(long).toEqual([]);
  });

  test("none is empty", () => {
    expect(trackedFiles.filter((path) => textOf(path)?.trim() === "")).toEqual([]);
  });

  test("unfinished work names its issue", () => {
    expect(find(unfinished, written)).toEqual([]);
  });

  for (const [name, pattern] of Object.entries(foreign)) {
    test(`none holds ${name}`, () => {
      expect(find(pattern, trackedFiles)).toEqual([]);
    });
  }

  test("no folder is a drawer for leftovers", () => {
    const drawers = trackedFiles.filter((path) =>
      dirname(path)
        .split("/")
        .some((name) => /^(utils?|helpers?|misc|common)$/.test(name)),
    );
    expect(drawers).toEqual([]);
  });

  test("no test runs alone", () => {
    expect(
      find(
        /\b(test|describe|it)\.only\(/,
        written.filter((path) => path !== "test/tidy/files.test.ts"),
      ),
    ).toEqual([]);
  });

  // The linter's layer rules see static imports only. The list of blob drivers loads its own folder's.
  test("only the command line, and the lists of drivers, load modules when they run", () => {
    const places = written.filter(
      (path) =>
        path.startsWith("src/") &&
        !path.startsWith("src/cli/") &&
        path !== "src/main.ts" &&
        path !== "src/blob/index.ts" &&
        path !== "src/metadata/dialects/remote/open.ts" &&
        !path.endsWith(".test.ts"),
    );
    expect(find(/\bimport\(/, places)).toEqual([]);
  });

  test("only main.ts ends the process", () => {
    const places = written.filter(
      (path) => path.startsWith("src/") && path !== "src/main.ts" && !path.endsWith(".test.ts"),
    );
    expect(find(/\bprocess\.(exit\(|exitCode\s*=)/, places)).toEqual([]);
  });
});

describe("docs", () => {
  const pages = written.filter((path) => path.endsWith(".md"));

  test("every page and picture is reached from another page", () => {
    const text = new Map(pages.map((path) => [path, textOf(path) ?? ""]));
    const orphans = written
      .filter((path) => path.startsWith("docs/"))
      .filter(
        (path) => ![...text].some(([page, content]) => page !== path && content.includes(basename(path))),
      );
    expect(orphans).toEqual([]);
  });

  test("every link inside the repository leads to a file", () => {
    const known = new Set(trackedFiles.flatMap((path) => ancestors(path)));
    const broken = pages.flatMap((page) =>
      [...(textOf(page) ?? "").matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !known.has(resolve(dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

function ancestors(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function resolve(folder: string, target: string): string {
  return new URL(target, `file:///${folder === "." ? "" : `${folder}/`}`).pathname.replace(/^\/|\/$/g, "");
}
