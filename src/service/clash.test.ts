import { expect, test } from "bun:test";
import { clash } from "./clash.ts";

const has = { description: "a", externalId: "1", files: "x", tags: ["t"], stepCount: 1 };

test("says what differs in words", () => {
  const messageOf = (wanted: object) => clash("model", "n/m", has, wanted).message;
  expect(messageOf({ ...has, externalId: "2" })).toContain(
    '"n/m" exists already with a different external id;',
  );
  expect(messageOf({ ...has, files: "y", tags: [] })).toContain("with different files and tags;");
  expect(messageOf({ ...has, description: "", externalId: "", stepCount: 2 })).toContain(
    "with a different description, external id and step count;",
  );
  expect(messageOf(has)).toContain("with other fields;");
});

test("offers an update only where there is one", () => {
  const remedyOf = (kind: string) => clash(kind, "n/m", has, { ...has, files: "y" }).message.split("; ")[1];
  for (const kind of ["artifact", "checkpoint", "version"])
    expect(remedyOf(kind)).toBe("choose another name.");
  for (const kind of ["namespace", "experiment", "model"])
    expect(remedyOf(kind)).toBe("choose another name, or update the one that is there.");
});
