import type { TokenCredential } from "@azure/core-auth";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { StorageSetting } from "../settings.ts";

/** One container for what a case leaves behind, and tables for what has to be found or claimed quickly. */
export interface Storage {
  readonly container: ContainerClient;
  table(name: TableName): TableClient;
  /** Makes what is missing; safe to run again and beside others. */
  prepare(): Promise<void>;
}

export type TableName = "claims" | "cases" | "requests" | "rotations" | "watches";

const TABLES: readonly TableName[] = ["claims", "cases", "requests", "rotations", "watches"];
/** The SDK waits and repeats by itself; an activity must not hang on storage for minutes. */
const RETRY = { maxRetries: 2 };

export function openStorage(setting: StorageSetting, credential: TokenCredential): Storage {
  const { container, table } = clientsOf(setting, credential);
  return {
    container,
    table,
    async prepare() {
      await container.createIfNotExists();
      await Promise.all(TABLES.map((name) => table(name).createTable()));
    },
  };
}

function clientsOf(
  setting: StorageSetting,
  credential: TokenCredential,
): Pick<Storage, "container" | "table"> {
  const tableName = (name: TableName) => `tourniquet${name}`;
  switch (setting.kind) {
    case "account": {
      const blobs = new BlobServiceClient(`https://${setting.name}.blob.core.windows.net`, credential, {
        retryOptions: { maxTries: RETRY.maxRetries + 1 },
      });
      return {
        container: blobs.getContainerClient("cases"),
        table: (name) =>
          new TableClient(`https://${setting.name}.table.core.windows.net`, tableName(name), credential, {
            retryOptions: RETRY,
          }),
      };
    }
    case "connection-string": {
      const blobs = BlobServiceClient.fromConnectionString(setting.value, {
        retryOptions: { maxTries: RETRY.maxRetries + 1 },
      });
      return {
        container: blobs.getContainerClient("cases"),
        table: (name) =>
          TableClient.fromConnectionString(setting.value, tableName(name), {
            // The emulator on this machine speaks plain http; nothing else may.
            allowInsecureConnection: /^http:\/\/(127\.0\.0\.1|localhost)[:/]/m.test(
              setting.value.replaceAll(";", "\n").replace(/^TableEndpoint=/m, ""),
            ),
            retryOptions: RETRY,
          }),
      };
    }
    default:
      return setting satisfies never;
  }
}
