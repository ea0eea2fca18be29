import { createRequire } from "node:module";

/**
 * Azurite in a process that ends with whoever started it, however that one ended: two emulators on one folder would
 * overwrite each other's files. Takes Azurite's own arguments.
 */
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
createRequire(import.meta.url)("azurite/dist/src/azurite.js");
