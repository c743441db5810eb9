import { testBlobStore } from "../conformance.ts";
import { MemoryBlobStore } from "./store.ts";

testBlobStore({
  name: "MemoryBlobStore",
  async create() {
    const store = new MemoryBlobStore();
    return { store, leftovers: async () => store.openKeys, dispose: () => store[Symbol.asyncDispose]() };
  },
});
