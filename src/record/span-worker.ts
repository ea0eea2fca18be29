import { parentPort, workerData } from "node:worker_threads";
import { type SharedWork, spansInTurn } from "./span-turns.ts";

// One more thread of `verify-files.ts`: takes turns until there are none.
const work: SharedWork = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin, unlike a window's
for (const found of spansInTurn(work)) parentPort?.postMessage(found);
