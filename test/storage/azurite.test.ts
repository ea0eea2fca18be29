import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { startAzurite } from "../../local/storage/azurite.ts";

test("what was stored in a folder is there after a stop and a start at the same ports", async () => {
  const folder = await mkdtemp(join(tmpdir(), "azurite-test-"));
  try {
    const first = await startAzurite({ folder });
    const container = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient(
      "kept",
    );
    await container.create();
    await container.getBlockBlobClient("note").upload("still here", 10);
    await first.stop();

    await using second = await startAzurite({ folder, ports: first.ports });
    expect(second.connectionString).toBe(first.connectionString);
    const again = BlobServiceClient.fromConnectionString(second.connectionString).getContainerClient("kept");
    expect(String(await again.getBlobClient("note").downloadToBuffer())).toBe("still here");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a port that is taken is reported with what the emulator said", async () => {
  await using first = await startAzurite();
  await expect(startAzurite({ ports: first.ports })).rejects.toMatchObject({ code: "AZURITE_EXITED" });
});
