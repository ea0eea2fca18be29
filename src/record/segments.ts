import type { AppendBlobClient, ContainerClient } from "@azure/storage-blob";
import { type StoreAnswer, storeAnswerOf } from "./store-error.ts";

/** How far an append blob has been read: the next append goes at `size`, if nobody else was there first. */
export interface Segment {
  /** From 1. */
  readonly index: number;
  readonly size: number;
  readonly blocks: number;
}

// An append blob takes 50,000 blocks. Fewer are used, so that a store that counts differently is never met at its limit.
export const BLOCKS_PER_SEGMENT = 49_000;

type Answered<T> = T | Exclude<StoreAnswer, { kind: "error" }>;

/** The append blobs one record is kept in. Limits: knows bytes and blocks, nothing of entries. */
export class Segments {
  readonly #container: ContainerClient;
  readonly #caseId: string;

  constructor(container: ContainerClient, caseId: string) {
    this.#container = container;
    this.#caseId = caseId;
  }

  /** Everything from this byte on, in one request. */
  async readFrom(
    index: number,
    offset: number,
  ): Promise<Answered<{ kind: "read"; bytes: Buffer; segment: Segment }>> {
    return this.#asking(`reading segment ${index}`, async () => {
      const response = await this.#blob(index).download(offset);
      const chunks: Buffer[] = [];
      for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      const bytes = Buffer.concat(chunks);
      const blocks = response.blobCommittedBlockCount ?? 0;
      return { kind: "read", bytes, segment: { index, size: offset + bytes.length, blocks } };
    });
  }

  /** The bytes of a segment as they arrive; nothing where there is no such segment. */
  async open(
    index: number,
  ): Promise<Answered<{ kind: "open"; stream: AsyncIterable<Uint8Array>; blocks: number }>> {
    return this.#asking(`reading segment ${index}`, async () => {
      const response = await this.#blob(index).download();
      const stream = bytesOf(response.readableStreamBody ?? []);
      return { kind: "open", stream, blocks: response.blobCommittedBlockCount ?? 0 };
    });
  }

  /** Makes an empty segment; `moved` when another writer already did. */
  async create(index: number): Promise<Answered<{ kind: "created"; segment: Segment }>> {
    return this.#asking(`creating segment ${index}`, async () => {
      await this.#blob(index).create({
        conditions: { ifNoneMatch: "*" },
        blobHTTPHeaders: { blobContentType: "application/x-ndjson" },
      });
      return { kind: "created", segment: { index, size: 0, blocks: 0 } };
    });
  }

  /** Appends one block, only if the blob still ends where `segment` says. */
  async append(segment: Segment, block: Buffer): Promise<Answered<{ kind: "appended"; segment: Segment }>> {
    return this.#asking(`appending to segment ${segment.index}`, async () => {
      // The condition is what makes an SDK's own retry after a lost answer harmless: the second try is refused.
      const response = await this.#blob(segment.index).appendBlock(block, block.length, {
        conditions: { appendPosition: segment.size },
      });
      const blocks = response.blobCommittedBlockCount ?? segment.blocks + 1;
      return {
        kind: "appended",
        segment: { index: segment.index, size: segment.size + block.length, blocks },
      };
    });
  }

  #blob(index: number): AppendBlobClient {
    return this.#container.getAppendBlobClient(segmentName(this.#caseId, index));
  }

  async #asking<T>(doing: string, request: () => Promise<T>): Promise<Answered<T>> {
    try {
      return await request();
    } catch (error) {
      const answer = storeAnswerOf(error, doing);
      if (answer.kind === "error") throw answer.error;
      return answer;
    }
  }
}

/** The blob a segment is kept in: `record.ndjson`, `record-0002.ndjson`, … in the case's folder. */
export function segmentName(caseId: string, index: number): string {
  return `${caseId}/record${index === 1 ? "" : `-${String(index).padStart(4, "0")}`}.ndjson`;
}

async function* bytesOf(stream: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}
