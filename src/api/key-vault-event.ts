import type { DurableClient } from "durable-functions";
import type { CallerReference } from "../case/case.ts";
import { readAlert } from "../intake/read-alert.ts";
import { secretsNamedIn } from "../respond/rotation-scope.ts";
import { vaultUriOf } from "../steps/rotate-secret.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { openCase } from "./open-case.ts";

/** Event Grid proves itself to the Functions host; the event names no person. */
const EVENT_GRID: CallerReference = {
  objectId: "event-grid",
  appId: null,
  name: "Key Vault, by Event Grid",
  appRoles: [],
};

/** What came of an event: cases to rotate in, or why there is nothing to do. */
export type EventOutcome =
  | { readonly kind: "opened"; readonly caseIds: readonly string[] }
  | { readonly kind: "skipped"; readonly because: string };

/**
 * Opens a case for a secret that is about to expire or has, in either envelope. Events come late and twice: one about a
 * version that is no longer the newest is skipped, the same one again is the same case.
 */
export async function takeKeyVaultEvent(
  app: Tourniquet,
  client: DurableClient,
  event: unknown,
): Promise<EventOutcome> {
  const result = readAlert(JSON.stringify(event), app.now());
  if (result.kind === "refused") return { kind: "skipped", because: result.code };
  if (result.kind === "unrecognised") return { kind: "skipped", because: "UNRECOGNISED" };
  const caseIds: string[] = [];
  for (const intake of result.intakes) {
    const [subject] = secretsNamedIn(intake);
    if (subject === undefined || (await isStale(app, subject))) continue;
    const { caseId } = await openCase(app, client, intake, { mode: "evict", caller: EVENT_GRID });
    caseIds.push(caseId);
  }
  return caseIds.length === 0 ? { kind: "skipped", because: "STALE_VERSION" } : { kind: "opened", caseIds };
}

/** Unread is not stale: then the case finds out and says what could not be read. */
async function isStale(
  app: Tourniquet,
  subject: ReturnType<typeof secretsNamedIn>[number],
): Promise<boolean> {
  if (subject.version === null) return false;
  const versions = await app.reader.vault(vaultUriOf(subject.vaultName)).listVersions(subject.secretName);
  if (versions.kind === "failed") return false;
  const newest = versions.value.toSorted((a, b) => ((a.createdOn ?? "") < (b.createdOn ?? "") ? 1 : -1))[0];
  return newest !== undefined && newest.version !== subject.version;
}
