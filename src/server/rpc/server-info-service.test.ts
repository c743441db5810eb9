import { expect, test } from "bun:test";
import { openServices } from "../../../test/support/rpc.ts";

test("says what the process is and which limits hold", async () => {
  await using services = await openServices();
  const info = await services.clients.serverInfo.getServerInfo({});
  expect(info).toMatchObject({
    version: "1.2.3",
    revision: "abcdef0",
    roles: ["metadata", "blob"],
    blobAddrs: [],
    grpcAddr: "127.0.0.1:8086",
    limits: {
      maxChunkBytes: 8_388_608n,
      targetChunkBytes: 4_194_304n,
      maxFindChunks: 10_000,
      maxPageSize: 1_000,
      maxPackBytes: BigInt(8 * 1024 * 1024),
      maxPackChunks: 4_096,
      maxPackedChunkBytes: BigInt(256 * 1024),
      maxReadFiles: 1_000,
      maxReadFilesBytes: BigInt(4 * 1024 * 1024),
    },
  });
  const now = services.service.clock.nowMicros();
  expect(Number(info.time!.seconds) * 1_000_000).toBeWithin(now - 60_000_000, now);
});
