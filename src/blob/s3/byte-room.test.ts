import { expect, test } from "bun:test";
import { ByteRoom } from "./byte-room.ts";

test("whoever finds no room waits in line, and one that is too large is let in alone", async () => {
  const room = new ByteRoom(10);
  const entered: string[] = [];
  const take = (name: string, bytes: number) => room.take(bytes).then(() => void entered.push(name));
  await take("a", 6);
  const rest = [take("b", 12), take("c", 4)];
  await Promise.resolve();
  expect(entered).toEqual(["a"]);
  room.giveBack(6);
  await rest[0];
  expect(entered).toEqual(["a", "b"]);
  room.giveBack(12);
  await rest[1];
  expect(entered).toEqual(["a", "b", "c"]);
  room.giveBack(4);
  expect(room.usedBytes).toBe(0);
});
