/** A process of its own that takes a data folder and keeps it until it is killed: for the test of the lock. */
import { createLibsqlMetadataStore } from "../index.ts";

const store = await createLibsqlMetadataStore({ path: process.argv[2] ?? "" });
await store.check();
console.log("ready");
setInterval(() => undefined, 1000);
