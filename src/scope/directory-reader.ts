import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type AzureFailure, notUnderstood } from "../azure/failure.ts";
import { type BatchItem, type GraphClient, MOST_IN_A_BATCH } from "../azure/graph.ts";
import { sideBySide } from "../azure/side-by-side.ts";
import type { Read } from "./gaps.ts";
import { nextTryInMs, patiently } from "./patience.ts";

export interface ReadOptions {
  /** `beta` only where v1.0 lacks the property, with the reason beside it. */
  readonly version?: "v1.0" | "beta";
}

/** Reads of the directory. Whatever is asked within one turn of the event loop goes out together, 20 to a `$batch`. */
export interface DirectoryReader {
  get<T>(path: string, schema: z.ZodType<T>, options?: ReadOptions): Promise<Read<T>>;
  /** Every page: the first in the batch, further ones one after the other. */
  list<T>(path: string, item: z.ZodType<T>, options?: ReadOptions): Promise<Read<readonly T[]>>;
}

/**
 * The same reader with a memory: what was asked once is not asked again, whoever asks. For what has to be of one moment;
 * let go of it when it has passed.
 */
export function rememberingReader(directory: DirectoryReader): DirectoryReader {
  const known = new Map<string, Promise<Read<unknown>>>();
  // An object's fields are asked for in the path, so what comes back for a path fits whoever asks for it.
  const once = async <T>(
    key: string,
    schema: z.ZodType<T>,
    ask: () => Promise<Read<unknown>>,
  ): Promise<Read<T>> => {
    const asked = known.get(key) ?? ask();
    known.set(key, asked);
    const read = await asked;
    if (read.kind === "failed") {
      // That nothing is there is an answer; that nobody answered is none.
      if (read.failure.code !== "NOT_FOUND") known.delete(key);
      return read;
    }
    const parsed = schema.safeParse(read.value);
    return parsed.success
      ? { kind: "ok", value: parsed.data }
      : { kind: "failed", failure: notUnderstood(200, null) };
  };
  return {
    get: (path, schema, options = {}) =>
      once(`get ${options.version ?? ""} ${path}`, schema, () => directory.get(path, z.unknown(), options)),
    list: (path, item, options = {}) =>
      once(`list ${options.version ?? ""} ${path}`, z.array(item), () =>
        directory.list(path, z.unknown(), options),
      ),
  };
}

interface Waiting {
  readonly item: BatchItem<unknown>;
  readonly settle: (read: Read<unknown>) => void;
  readonly reject: (reason: unknown) => void;
  tries: number;
}

const BATCHES_AT_ONCE = 8;
const GRAPH = "https://graph.microsoft.com";

/**
 * A reader over one Graph client. Parts of the scope each ask for what they need, as if alone, and still share round
 * trips. Throttled items are asked again, together, after the longest wait any of them was given, as Graph documents.
 */
export function directoryReader(graph: GraphClient): DirectoryReader {
  const queues = { "v1.0": new Array<Waiting>(), beta: new Array<Waiting>() };
  let sending = false;

  const flush = async (version: "v1.0" | "beta") => {
    const taken = queues[version].splice(0);
    const batches = Array.from({ length: Math.ceil(taken.length / MOST_IN_A_BATCH) }, (_, index) =>
      taken.slice(index * MOST_IN_A_BATCH, (index + 1) * MOST_IN_A_BATCH),
    );
    await sideBySide(batches, BATCHES_AT_ONCE, async (batch) => {
      try {
        await sendBatch(graph, batch, version);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    });
  };
  const sendAfterThisTurn = async () => {
    await turn();
    sending = false;
    await Promise.all([flush("v1.0"), flush("beta")]);
  };
  const ask = async <T>(path: string, schema: z.ZodType<T>, version: "v1.0" | "beta"): Promise<Read<T>> => {
    const read = await new Promise<Read<unknown>>((resolve, reject) => {
      queues[version].push({
        item: { method: "GET", path, schema: z.unknown() },
        settle: resolve,
        reject,
        tries: 0,
      });
      if (sending) return;
      sending = true;
      sendAfterThisTurn().catch(reject);
    });
    if (read.kind === "failed") return read;
    const parsed = schema.safeParse(read.value);
    return parsed.success
      ? { kind: "ok", value: parsed.data }
      : { kind: "failed", failure: notUnderstood(200, null) };
  };

  return {
    get: (path, schema, options = {}) => ask(path, schema, options.version ?? "v1.0"),
    async list(path, item, options = {}) {
      const version = options.version ?? "v1.0";
      const page = z.object({ value: z.array(item), "@odata.nextLink": z.string().nullish() });
      const first = await ask(path, page, version);
      if (first.kind === "failed") return first;
      const link = first.value["@odata.nextLink"];
      if (link == null || link === "") return { kind: "ok", value: first.value.value };
      const next = graphPathOf(link, version);
      if (next === null) return { kind: "failed", failure: notUnderstood(200, null) };
      const rest = await patiently(() => graph.list(next, item, { version }));
      if (rest.kind === "failed") return rest;
      return { kind: "ok", value: [...first.value.value, ...rest.value] };
    },
  };
}

async function sendBatch(
  graph: GraphClient,
  batch: readonly Waiting[],
  version: "v1.0" | "beta",
): Promise<void> {
  const answers = await graph.batch(
    batch.map(({ item }) => item),
    { version },
  );
  const again: { readonly waiting: Waiting; readonly pause: number }[] = [];
  for (const [index, waiting] of batch.entries()) {
    const answer = answers[index] ?? missing();
    waiting.tries++;
    const pause = answer.kind === "failed" ? nextTryInMs(answer.failure, waiting.tries) : null;
    if (pause === null) waiting.settle(answer);
    else again.push({ waiting, pause });
  }
  if (again.length === 0) return;
  await wait(Math.max(...again.map(({ pause }) => pause)));
  await sendBatch(
    graph,
    again.map(({ waiting }) => waiting),
    version,
  );
}

function missing(): { readonly kind: "failed"; readonly failure: AzureFailure } {
  return { kind: "failed", failure: notUnderstood(200, null) };
}

/** The link's path below the version, if it leads back to Graph; a token must go nowhere else. */
export function graphPathOf(link: string, version: string): string | null {
  const url = URL.parse(link);
  if (url === null || url.origin !== GRAPH || !url.pathname.startsWith(`/${version}/`)) return null;
  return `${url.pathname.slice(version.length + 1)}${url.search}`;
}
