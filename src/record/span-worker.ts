import { parentPort, workerData } from "node:worker_threads";
import { quickSpan } from "./quick-span.ts";

// The other end of `verify-files.ts`: a block in, its span out, in the order they came.
const { heads }: { heads: readonly string[] } = workerData;
const anchors = new Set(heads);
parentPort?.on("message", (block: Uint8Array) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin, unlike a window's
  parentPort?.postMessage(quickSpan(Buffer.from(block.buffer, block.byteOffset, block.byteLength), anchors));
});
