import type { Visit } from "./route.ts";

/** A record as it is given out, and the headers that say what it is. */
export interface GivenRecord {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A case's record, ending with a signed checkpoint, so that a file cut short says so. What cannot be signed now must still
 * be readable: while the vault does not sign, it is given as it stands, and `X-Record-Sealed` says `false`.
 */
export async function givenRecord({ app, context }: Visit, caseId: string): Promise<GivenRecord> {
  const record = app.record(caseId);
  const sealed = await bytesOf(record.sealed()).catch((error: unknown) => {
    context.warn(`the record of ${caseId} could not be sealed`, error instanceof Error ? error.name : "");
    return null;
  });
  const bytes = sealed ?? (await bytesOf(record.download()));
  const head = await record.head();
  return { bytes, headers: { "x-record-head": head.hash, "x-record-sealed": String(sealed !== null) } };
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return Buffer.concat(collected);
}
