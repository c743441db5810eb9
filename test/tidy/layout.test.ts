import { expect, test } from "bun:test";
import { textOf, trackedFiles } from "./tracked-files.ts";

/** The pages that say what each folder is for. */
const layoutPages = ["README.md", "docs/architecture.md", "docs/contributing.md"];

function foldersOf(prefix: string): string[] {
  const inside = trackedFiles
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  return [
    ...new Set(inside.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/")))),
  ];
}

test("every top-level folder and every folder of src is explained", () => {
  const page = layoutPages.map((path) => (trackedFiles.includes(path) ? textOf(path) : "")).join("");
  const missing = [...foldersOf(""), ...foldersOf("src/")].filter((folder) => !page.includes(`${folder}/`));
  expect(missing).toEqual([]);
});

test("the top level holds no files but the usual ones", () => {
  const usual =
    /^(README|LICENSE|SECURITY|CHANGELOG|CONTRIBUTING)(\.md)?$|^(package|tsconfig|knip)\.json$|^bun\.lock$|^bunfig\.toml$|^buf(\.gen)?\.yaml$|^drizzle\.config\.ts$|^\.(gitignore|gitattributes|oxfmtrc\.json|oxlintrc\.json)$/;
  expect(trackedFiles.filter((path) => !path.includes("/") && !usual.test(path))).toEqual([]);
});
