import { expect, test } from "bun:test";
import { parseServerAddress } from "./server-address.ts";

test.each([
  ["127.0.0.1:9000", "http://127.0.0.1:9000"],
  ["localhost", "http://localhost:8085"],
  [" [::1]:9000 ", "http://[::1]:9000"],
  ["http://models.example.com/", "http://models.example.com"],
  ["https://models.example.com/box/", "https://models.example.com/box"],
  ["HTTP://models.example.com:80", "http://models.example.com"],
])("%j is %j", (address, expected) => {
  expect(parseServerAddress(address)).toBe(expected);
});

test.each([
  ["", "no address"],
  [":8085", "no address"],
  ["http://", "no address"],
  ["host name:80", "no address"],
  ["127.0.0.1:99999", "no address"],
  ["ftp://host", "only http"],
  ["http://user:pass@host", "credentials"],
  ["http://host/?a=b", "? or #"],
])("%j is refused: %s", (address, why) => {
  expect(() => parseServerAddress(address)).toThrow(why);
});
