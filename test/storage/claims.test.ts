import { TableClient } from "@azure/data-tables";
import { expect, test } from "vitest";
import { startAzurite } from "../../local/storage/azurite.ts";
import { openClaims } from "../../src/storage/claims.ts";

test("of a hundred claims of one delivery at once, by two processes' handles, one is fresh and all are one case", async () => {
  await using azurite = await startAzurite();
  const open = () =>
    openClaims(
      TableClient.fromConnectionString(azurite.connectionString, "claims", { allowInsecureConnection: true }),
      () => new Date(),
    );
  const table = TableClient.fromConnectionString(azurite.connectionString, "claims", {
    allowInsecureConnection: true,
  });
  await table.createTable();
  const [one, other] = [open(), open()];
  const claims = await Promise.all(
    Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? one : other).claim("sentinel /incidents/7")),
  );
  expect(claims.filter((claim) => claim.fresh)).toHaveLength(1);
  expect(new Set(claims.map((claim) => claim.caseId)).size).toBe(1);
  expect(claims[0]?.caseId).toMatch(/^case-[0-9a-f]{20}$/);

  // Also later, and in another process: the id follows from the delivery alone.
  expect(await open().claim("sentinel /incidents/7")).toEqual({ caseId: claims[0]?.caseId, fresh: false });
  // What a table key may not hold is no matter, and another delivery is another case.
  const another = await open().claim("sentinel /incidents/7#?\\\u0000 é");
  expect(another).toMatchObject({ fresh: true });
  expect(another.caseId).not.toBe(claims[0]?.caseId);
});
