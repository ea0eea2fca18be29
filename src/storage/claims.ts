import { createHash } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import { isStatus } from "./case-index.ts";

/** Which case a delivery belongs to, decided once: a hundred deliveries at the same moment are one case. */
export interface Claims {
  /** `fresh` for exactly one caller, ever. */
  claim(deliveredAs: string): Promise<{ readonly caseId: string; readonly fresh: boolean }>;
}

export function openClaims(table: TableClient, now: () => Date): Claims {
  return {
    async claim(deliveredAs) {
      const hash = createHash("sha256").update(deliveredAs).digest("hex");
      // The id follows from the delivery, so that a crash right after the claim changes nothing.
      const caseId = `case-${hash.slice(0, 20)}`;
      try {
        await table.createEntity({ partitionKey: "delivery", rowKey: hash, caseId, at: now().toISOString() });
        return { caseId, fresh: true };
      } catch (error) {
        if (isStatus(error, 409)) return { caseId, fresh: false };
        throw error;
      }
    },
  };
}
