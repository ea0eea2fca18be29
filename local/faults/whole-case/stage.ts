import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiClient, type CallApi } from "../../run/api-client.ts";
import { type House, startHouse } from "../../run/house.ts";
import type { Azurite } from "../../storage/azurite.ts";
import { type Passage, type Passing, startStorageForwarder } from "../../storage/forwarder.ts";

export interface StageOptions {
  readonly scenario: string;
  readonly policy: string;
  /** Decides over every write to storage, blobs and tables alike, in the order they come. */
  readonly onWrite: (write: Passing) => Passage | Promise<Passage>;
}

/** The whole app in a folder of its own, with somebody between the host and its storage. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly house: House;
  readonly call: CallApi;
}

export async function openStage({ scenario, policy, onWrite }: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "tourniquet-faults-"));
  const between: { stop(): Promise<void> }[] = [];
  const storageSeenAs = async ({ connectionString, blobUrl, tableUrl }: Azurite): Promise<string> => {
    let seenAs = connectionString;
    for (const url of [blobUrl, tableUrl]) {
      const forwarder = await startStorageForwarder(url);
      between.push(forwarder);
      forwarder.decide((request) => (isWrite(request) ? onWrite(request) : { kind: "pass" }));
      seenAs = seenAs.replace(url, forwarder.url);
    }
    return seenAs;
  };
  const close = async (house?: House) => {
    await house?.stop();
    for (const it of between) await it.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const house = await startHouse({ folder, scenario, policy, delays: 0, fresh: true, storageSeenAs });
    return {
      folder,
      house,
      call: apiClient(house.api, house.callers),
      [Symbol.asyncDispose]: () => close(house),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function isWrite({ method }: Passing): boolean {
  return method !== "GET" && method !== "HEAD";
}
